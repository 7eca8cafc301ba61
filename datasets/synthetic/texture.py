"""Seamless noise laid over the ground in metres: the grain of asphalt, grass and paving."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from lotwise.datasets.synthetic.mesh import Floats


@cache
def _tile(exponent: float) -> Floats:
    """A 512 x 512 noise tile that repeats without a seam; mean 0, deviation 1; spectrum 1 / f ** exponent."""
    white = np.random.default_rng(int(exponent * 100)).normal(size=(512, 512))
    fy, fx = np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None]
    weight = 1 / np.maximum(np.hypot(fx, fy), 1 / 512) ** exponent
    weight[0, 0] = 0
    tile = np.fft.irfft2(np.fft.rfft2(white) * weight, s=(512, 512))
    return np.asarray(tile / tile.std(), np.float32)


def noise(place: Floats, exponent: float, texel: float, offset: Floats) -> Floats:
    """Noise (H, W) at ground coordinates (H, W, 2); one texel is ``texel`` metres."""
    where = np.asarray((place + offset) * (1 / texel), np.float32)
    where -= np.floor(where * np.float32(1 / 512)) * np.float32(512)
    x, y = cv2.split(where)
    return np.asarray(cv2.remap(_tile(exponent), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32)


@dataclass(frozen=True)
class Grain:
    """Noise (H, W) of one view, mean 0 and deviation 1, faded where pixels get wider than it is fine.

    Attributes:
        broad: metres wide.
        blotch: decimetres wide.
        fine: centimetres wide.
        streak: drawn out along the aisles.
        scuff: where paint comes off.
        tuft: of grass.
        relief: where the ground is low or bare.
        footprint: metres of ground that a pixel spans along the line of sight.
    """

    broad: Floats
    blotch: Floats
    fine: Floats
    streak: Floats
    scuff: Floats
    tuft: Floats
    relief: Floats
    footprint: Floats


def grain_at(place: Floats, footprint: Floats, rng: np.random.Generator) -> Grain:
    """Noise at ground coordinates (H, W, 2) of pixels that span ``footprint`` (H, W) metres."""

    def layer(exponent: float, texel: float) -> Floats:
        return noise(place, exponent, texel, rng.uniform(0, 90, 2).astype(np.float32))

    def faded(exponent: float, texel: float) -> Floats:
        return np.asarray(layer(exponent, texel) * np.clip(texel * 3 / footprint, 0, 1), np.float32)

    stretched = place * np.array([0.12, 1.0], np.float32)
    return Grain(
        layer(1.6, 0.25),
        faded(1.1, 0.08),
        faded(0.3, 0.015),
        noise(stretched, 1.2, 0.06, rng.uniform(0, 90, 2).astype(np.float32)),
        layer(0.9, 0.03) * 0.7 + layer(1.3, 0.12) * 0.7,
        faded(0.8, 0.05),
        layer(1.7, 0.16),
        footprint,
    )

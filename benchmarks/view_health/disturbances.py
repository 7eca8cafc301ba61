"""What can happen to a camera, done to real frames: faults that must be seen, and everyday changes that must not."""

from __future__ import annotations

import cv2
import numpy as np

from lotwise.datasets.disturbances import (
    Disturbance,
    blurred,
    brighter,
    foggy,
    glare,
    infrared,
    lit_night,
    noisy,
    rain,
    recoded,
    snowfall,
)
from lotwise.datasets.frame import Image


def black(image: Image, rng: np.random.Generator) -> Image:
    return noisy(np.asarray(image // 40, np.uint8), rng, 1.5)


def overexposed(gain: float) -> Disturbance:
    """As many times as bright, and everything lifted towards white as a stuck iris does."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        return np.asarray(np.clip(image.astype(np.float32) * gain + 40 * gain, 0, 255), np.uint8)

    return apply


def hidden(share: float, kind: str) -> Disturbance:
    """A share of the view, from one side, behind something opaque close to the lens: ``dark``, ``pale``, ``red``,
    ``gradient`` or the coarse soft ``cloth``."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        colour = {"dark": (15, 15, 18), "pale": (215, 220, 222), "red": (40, 35, 170)}.get(kind, (120, 125, 130))
        cover = np.full(image.shape, colour, np.float32)
        if kind == "gradient":
            cover += np.linspace(-90, 90, width)[None, :, None]
        if kind == "cloth":
            folds = rng.normal(0, 1, (5, 7)).astype(np.float32)
            cover += 45 * cv2.resize(folds, (width, height), interpolation=cv2.INTER_CUBIC)[..., None]
        ramp_x, ramp_y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
        side = (ramp_x, 1 - ramp_x, ramp_y, 1 - ramp_y)[rng.integers(4)]
        soft = 1 / (1 + np.exp(np.clip((side - share) / 0.006, -50, 50)))  # its edge is out of focus
        mask = np.ones((height, width)) if share >= 1 else soft
        mixed = image * (1 - mask[..., None]) + cover * mask[..., None]
        return noisy(np.clip(mixed, 0, 255).astype(np.uint8), rng, 1.5)

    return apply


def spattered(image: Image, rng: np.random.Generator) -> Image:
    """Paint sprayed on the lens: many soft spots that hide a little over half of the view."""
    height, width = image.shape[:2]
    field = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), width / 25)
    mask = 1 / (1 + np.exp(-np.clip((field - np.percentile(field, 40)) / (0.1 * field.std()), -50, 50)))
    mixed = image * (1 - mask[..., None]) + np.array((30, 25, 25)) * mask[..., None]
    return noisy(mixed.astype(np.uint8), rng, 1.5)


def torn(image: Image, rng: np.random.Generator) -> Image:
    """All rows below a random one lie 10 to 90 % of the width beside their place."""
    height, width = image.shape[:2]
    top = int(height * rng.uniform(0.1, 0.85))
    out = image.copy()
    out[top:] = np.roll(image[top:], int(width * rng.uniform(0.1, 0.9)), axis=1)
    return out


def grey_end(image: Image, rng: np.random.Generator) -> Image:
    """The lower 10 to 80 % are the grey of a decoder that lacks data."""
    out = image.copy()
    out[int(image.shape[0] * rng.uniform(0.2, 0.9)) :] = 128
    return out


def smeared_end(image: Image, rng: np.random.Generator) -> Image:
    """The lower 10 to 80 % repeat the last row that arrived."""
    out = image.copy()
    top = int(image.shape[0] * rng.uniform(0.2, 0.9))
    out[top:] = image[top - 1]
    return out


def damaged_jpeg(image: Image, rng: np.random.Generator) -> Image:
    """A JPEG of which some bytes in the first two thirds were lost."""
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1]
    cut = int(len(data) * rng.uniform(0.2, 0.65))
    found = cv2.imdecode(np.delete(data, slice(cut, cut + 400)), cv2.IMREAD_COLOR)
    return image if found is None else np.asarray(found, np.uint8)


def moved(share: float = 0.0, degrees: float = 0.0, zoom: float = 1.0) -> Disturbance:
    """Shift in shares of the width in a random direction, rotation and zoom about the middle."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        angle = rng.uniform(0, 2 * np.pi)
        return displaced(image, share * np.cos(angle), share * np.sin(angle), degrees, zoom)

    return apply


def displaced(image: Image, right: float, down: float, degrees: float = 0.0, zoom: float = 1.0) -> Image:
    """Shift in shares of the width."""
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, zoom)
    matrix[:, 2] += right * width, down * width
    out = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(out, np.uint8)


def headlights(image: Image, rng: np.random.Generator) -> Image:
    """Two glaring lights towards the lens at night."""
    out = lit_night()(image, rng).astype(np.float32)
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.arange(width) / width, np.arange(height) / width)
    for _ in range(2):
        a, b = rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.6)
        out += 400 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 0.002)[..., None]
    return np.clip(out, 0, 255).astype(np.uint8)


FAULTS: dict[str, tuple[str, Disturbance]] = {
    "black": ("black", black),
    "overexposed 3x": ("overexposed", overexposed(3)),
    "overexposed 6x": ("overexposed", overexposed(6)),
    **{f"blurred, sigma {sigma}": ("blurred", blurred(sigma)) for sigma in (2, 3, 4, 6, 10, 20)},
    **{
        f"{share:.0%} hidden, {kind}": ("blocked", hidden(share, kind))
        for share in (0.4, 0.6, 1.0)
        for kind in ("dark", "pale", "red", "gradient", "cloth")
    },
    "sprayed with paint": ("blocked", spattered),
    "torn rows": ("torn", torn),
    "grey end": ("torn", grey_end),
    "smeared end": ("torn", smeared_end),
    "damaged JPEG": ("torn", damaged_jpeg),
    "shifted by 10 %": ("moved", moved(0.1)),
    "shifted by 20 %": ("moved", moved(0.2)),
    "shifted by 50 %": ("moved", moved(0.5)),
    "turned by 3 degrees": ("moved", moved(degrees=3)),
    "turned by 5 degrees": ("moved", moved(degrees=-5)),
    "turned by 15 degrees": ("moved", moved(degrees=15)),
    "zoomed to 1.1": ("moved", moved(zoom=1.1)),
    "zoomed to 0.9": ("moved", moved(zoom=0.9)),
}
"""Name to (verdict it must get, what is done)."""

EVERYDAY: dict[str, Disturbance] = {
    "infrared night": infrared(),
    "night under lamps": lit_night(),
    "headlights": headlights,
    "sun into the lens": glare(),
    "fog": foggy(),
    "rain": rain(),
    "snowfall": snowfall(),
    "half as bright": brighter(0.5),
    "1.6 times as bright": brighter(1.6),
    "JPEG of quality 20": lambda image, rng: recoded(image, 20),
}
"""Changes that must not raise an alarm."""

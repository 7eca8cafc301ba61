"""The sky of a view: gradient, clouds, the trees on the horizon."""

from __future__ import annotations

import numpy as np

from lotwise.datasets.synthetic.ground import Ground, Treeline
from lotwise.datasets.synthetic.light import Light, sky_radiance
from lotwise.datasets.synthetic.mesh import Floats
from lotwise.datasets.synthetic.texture import noise


def sky_above(ground: Ground, light: Light) -> Floats:
    """Radiance (R, W, 3) of the sky in the first R rows of the frame, down to the lowest that shows any."""
    rows = int(np.flatnonzero(ground.sky.any(1)).max(initial=-1)) + 1
    rays = ground.rays[:rows]
    if not rows:
        return np.zeros_like(rays)
    base = sky_radiance(rays, light)
    rise = np.maximum(rays[..., 2:], 0.03)
    drift = np.random.default_rng(light.seed).uniform(0, 500, 2).astype(np.float32)
    layer = noise(np.asarray(rays[..., :2] / (rise + 0.12), np.float32), 1.5, 0.02, drift)
    cover = np.clip(0.5 + 0.6 * layer + 2.2 * (light.cloud - 0.5), 0, 1)[..., None]
    white = np.array(light.sky, np.float32) / np.float32(np.pi) * 1.15 + 0.16 * np.array(light.sun, np.float32)
    shade = (1 - 0.14 * np.clip(layer, -1, 2))[..., None]
    return np.asarray(base * (1 - 0.75 * cover) + white * shade * 0.75 * cover, np.float32)


def treeline_radiance(line: Treeline, light: Light) -> Floats:
    """Radiance (R, W, 3) of trees in the distance."""
    level = 0.6 * np.array(light.sky, np.float32) + 0.25 * np.array(light.sun, np.float32)
    near = np.array([0.022, 0.05, 0.034], np.float32) * level / np.float32(np.pi) * line.tone[..., None]
    clear = np.float32(np.exp(-line.distance * (light.haze + 0.0012)))
    return np.asarray(near * clear + np.array(light.horizon, np.float32) * (1 - clear) * 0.8, np.float32)

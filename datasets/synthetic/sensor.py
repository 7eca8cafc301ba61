"""The camera behind the lens: exposure, white balance, blur, rain on the way, noise, tone curve, JPEG."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.synthetic.light import LAMP_COLOUR, Light
from lotwise.datasets.synthetic.mesh import Floats


@dataclass(frozen=True)
class Sensor:
    """One camera's optics and chip.

    Attributes:
        blur: standard deviation of the lens blur in pixels.
        vignette: share of light lost in the corners.
        noise: standard deviation at full exposure, 0..1.
        contrast: strength of the tone curve's S.
        tint: BGR factors of its white balance.
        balance: 0 keeps the colour of the light .. 1 takes it out.
        quality: JPEG, 1..100.
        seed: of this frame's noise.
    """

    blur: float
    vignette: float
    noise: float
    contrast: float
    tint: tuple[float, float, float]
    balance: float
    quality: int
    seed: int


def random_sensor(rng: np.random.Generator) -> Sensor:
    tint = np.exp(rng.normal(0, 0.03, 3))
    return Sensor(
        float(rng.uniform(0.3, 0.85)),
        float(rng.uniform(0.05, 0.35)),
        float(rng.uniform(0.004, 0.016)),
        float(rng.uniform(0.0, 0.4)),
        (float(tint[0]), float(tint[1]), float(tint[2])),
        float(rng.uniform(0.55, 1.0)),
        int(rng.integers(72, 94)),
        int(rng.integers(2**31)),
    )


def expose(radiance: Floats, light: Light, sensor: Sensor) -> bytes:
    """Radiance (H, W, 3) to the JPEG that the camera would deliver."""
    rng = np.random.default_rng(sensor.seed)
    height, width = radiance.shape[:2]
    # Parking cameras meter on the lower part of the frame, as the sky would leave the cars black.
    level = float(np.exp(np.log(radiance[height // 3 :: 8, ::8].mean(2) + 1e-4).mean()))
    image = radiance * (light.key / level * np.array(sensor.tint, np.float32))
    white = np.array(light.sky) + np.array(light.sun) * light.to_sun[2] + light.lamps * LAMP_COLOUR
    image *= ((white.mean() / white) ** sensor.balance).astype(np.float32)
    if light.weather == "rain":
        image = _rain(image, light.wet, rng)
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), sensor.blur), np.float32)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    image = image * (1 - sensor.vignette * ((x**2 + y**2) / 2) ** 1.5)[..., None].astype(np.float32)
    gain = 1 + 5 * max(0.0, 1 - light.key / 0.12)
    grain = rng.standard_normal((height, width), np.float32)[..., None]
    # The chip's colour filter is coarser than its pixels, so colour noise comes in blotches.
    chroma = rng.standard_normal((height // 2, width // 2, 3), np.float32)
    grain = grain + cv2.resize(chroma, (width, height), interpolation=cv2.INTER_LINEAR)
    image = image + grain * (sensor.noise * 0.35 * gain) * np.sqrt(np.clip(image, 0.02, 1))
    steps = np.minimum(np.sqrt(np.clip(image, 0, 9)) * 2000, 5999).astype(np.int32)
    picture = _tone_curve(sensor.contrast)[steps]
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, sensor.quality])
    return data.tobytes()


def _tone_curve(contrast: float) -> NDArray[np.uint8]:
    """Display values (6000,) by the square root of linear light in steps of 1/2000: shoulder, gamma, S."""
    light = (np.arange(6000) / 2000) ** 2
    rolled = np.where(light > 0.45, 0.45 + 0.55 * (1 - np.exp(-(light - 0.45) / 0.55)), light)
    display = rolled ** (1 / 2.2)
    display = display + contrast * (display * display * (3 - 2 * display) - display)
    return np.asarray(np.clip(display * 255 + 0.5, 0, 255), np.uint8)


def _rain(image: Floats, wet: float, rng: np.random.Generator) -> Floats:
    """Streaks in the air, a few drops on the dome, less contrast."""
    height, width = image.shape[:2]
    streaks = np.zeros((height, width), np.float32)
    lean = rng.normal(0, 0.12)
    for x, y, length in zip(
        rng.uniform(0, width, 220),
        rng.uniform(0, height, 220),
        rng.uniform(0.015, 0.06, 220) * height,
        strict=True,
    ):
        end = (int(x + lean * length), int(y + length))
        cv2.line(streaks, (int(x), int(y)), end, float(rng.uniform(0.2, 1)), 1, cv2.LINE_AA)
    veil = np.asarray(cv2.GaussianBlur(streaks, (0, 0), 0.7), np.float32)[..., None]
    mean = image.mean((0, 1), keepdims=True)
    image = image * (1 - 0.12 * wet) + mean * 0.12 * wet
    image = image + veil * mean * 0.35 * wet
    if rng.random() < 0.5:
        soft = cv2.GaussianBlur(image, (0, 0), 0.008 * width)
        drops = np.zeros((height, width), np.float32)
        for _ in range(int(rng.integers(2, 12))):
            centre = (int(rng.uniform(0, width)), int(rng.uniform(0, height)))
            cv2.circle(drops, centre, int(rng.uniform(0.006, 0.022) * width), 1.0, -1)
        wetted = np.asarray(cv2.GaussianBlur(drops, (0, 0), 0.003 * width), np.float32)[..., None]
        image = image * (1 - wetted) + soft * 1.06 * wetted
    return np.asarray(image, np.float32)

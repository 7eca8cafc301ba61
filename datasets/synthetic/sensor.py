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
        dirt: on the dome, 0 clean .. 1 hardly anything to be seen.
        dirt_seed: of where it sticks.
    """

    blur: float
    vignette: float
    noise: float
    contrast: float
    tint: tuple[float, float, float]
    balance: float
    quality: int
    seed: int
    dirt: float = 0.0
    dirt_seed: int = 0


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
    if light.flakes > 0:
        image = _snowfall(image, light.flakes, rng)
    if sensor.dirt > 0:
        image = _dirty(image, sensor)
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


def _snowfall(image: Floats, amount: float, rng: np.random.Generator) -> Floats:
    """Flakes near and far, and the white veil of those that are too far to be seen one by one."""
    height, width = image.shape[:2]
    flakes = np.zeros((height, width), np.float32)
    for _ in range(round(900 * amount)):
        near = float(rng.random()) ** 4  # most are far and small
        x, y = float(rng.uniform(0, width)), float(rng.uniform(0, height))
        radius = (0.0006 + 0.004 * near) * width
        end = (round(x + rng.normal(0, 0.6) * radius), round(y + (1 + 2 * near) * radius))
        cv2.line(flakes, (round(x), round(y)), end, float(rng.uniform(0.4, 1)), max(1, round(radius)), cv2.LINE_AA)
    cover = np.asarray(cv2.GaussianBlur(flakes, (0, 0), 0.0009 * width), np.float32)[..., None]
    white = np.asarray(image.mean((0, 1), keepdims=True) * 1.6, np.float32)
    image = image + (white - image) * np.float32(0.45 * amount)
    return np.asarray(image + (1.5 * white - image) * np.clip(cover, 0, 0.9), np.float32)


def _dirty(image: Floats, sensor: Sensor) -> Floats:
    """Dust and dried drops on the dome, far out of focus: soft spots that take light and scatter the rest."""
    height, width = image.shape[:2]
    spots = np.random.default_rng(sensor.dirt_seed).normal(0, 1, (height // 8, width // 8)).astype(np.float32)
    broad, small = (cv2.GaussianBlur(spots, (0, 0), share * width / 8) for share in (0.05, 0.012))
    field = np.asarray(broad / broad.std() + 0.6 * small / small.std(), np.float32)
    field = np.asarray(cv2.resize(field, (width, height), interpolation=cv2.INTER_CUBIC), np.float32)
    covered = 1 / (1 + np.exp(-3 * (field - 1.6 + 2.6 * sensor.dirt)))
    film = np.clip(covered * (0.25 + 0.7 * sensor.dirt), 0, 0.95)[..., None].astype(np.float32)
    soft = cv2.GaussianBlur(image, (0, 0), 0.006 * width)
    scattered = image.mean((0, 1), keepdims=True) * np.array([0.75, 0.85, 0.95], np.float32)
    hidden = 0.35 * soft + 0.65 * scattered
    return np.asarray(image + (hidden - image) * film, np.float32)


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

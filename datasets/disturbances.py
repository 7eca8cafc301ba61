"""Light and weather done to a picture: what a camera meets sooner or later, in any degree.

Each disturbance takes a picture (H, W, 3) BGR and a generator and returns a new picture. Degree 1 is a bad hour, 0
leaves all but the sensor's noise as it is, and above 1 little can be seen. Where cars stand is never changed, so what
is said of the undisturbed picture holds for the disturbed one too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np

from lotwise.datasets.frame import Image

Disturbance = Callable[[Image, np.random.Generator], Image]


def noisy(image: Image, rng: np.random.Generator, sigma: float) -> Image:
    """With a sensor's noise of ``sigma`` grey levels."""
    noise = np.empty(image.shape, np.int16)
    cv2.setRNGSeed(int(rng.integers(1 << 31)))
    cv2.randn(noise, np.zeros(3), np.full(3, sigma * 16))  # a plain number would mean the first channel alone
    return np.clip(image + np.round(noise / 16), 0, 255).astype(np.uint8)


def recoded(image: Image, quality: int) -> Image:
    """Through JPEG and back."""
    data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def blurred(sigma: float) -> Disturbance:
    """Sigma in pixels of a frame of 1000 pixels' width; the sensor's noise comes after the lens."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        soft = cv2.GaussianBlur(image, (0, 0), max(sigma, 0.01) * image.shape[1] / 1000)
        return noisy(np.asarray(soft, np.uint8), rng, 1.5)

    return apply


def foggy(degree: float = 1.0) -> Disturbance:
    """At degree 1 a third of the contrast is left at the lower edge, a seventh at the upper one."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        left = np.linspace(0.14**degree, 0.35**degree, image.shape[0])[:, None, None]
        return noisy((image * left + 170 * (1 - left)).astype(np.uint8), rng, 2)

    return apply


def infrared(degree: float = 1.0) -> Disturbance:
    """Night by the camera's own lamp: grey, dark, brightest in the middle, noisy."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        x, y = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
        lamp = (0.08 + 0.5 * np.exp(-(x**2 + y**2) / 0.5)) ** degree
        grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) * lamp
        return noisy(np.repeat(grey[..., None], 3, axis=2).astype(np.uint8), rng, 5 * degree)

    return apply


def lit_night(degree: float = 1.0) -> Disturbance:
    """Night under two street lamps."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
        lamps = [0.4 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 0.05) for a, b in ((0.3, 0.4), (0.75, 0.6))]
        light = (0.06 + np.sum(lamps, axis=0)) ** degree
        return noisy((image * light[..., None]).astype(np.uint8), rng, 4 * degree)

    return apply


def glare(degree: float = 1.0) -> Disturbance:
    """The sun into the lens: a veil over the whole view, white in one corner."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
        veil = 60 + 300 * np.exp(-((x - rng.uniform(0, 1)) ** 2 + y**2) / 0.08)
        return np.asarray(np.clip(image * 0.75**degree + degree * veil[..., None], 0, 255), np.uint8)

    return apply


def rain(degree: float = 1.0) -> Disturbance:
    """At degree 1 five hundred streaks over a duller picture."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        left = 0.7**degree
        out = (image * left + 35 * (1 - left) / 0.3).astype(np.uint8)
        height, width = image.shape[:2]
        for _ in range(round(500 * degree)):
            x, y, length = int(rng.uniform(0, width)), int(rng.uniform(0, height)), int(rng.uniform(10, 35))
            cv2.line(out, (x, y), (x + length // 5, y + length), (200, 200, 200), 1, cv2.LINE_AA)
        return np.asarray(cv2.addWeighted(out, 0.8, image, 0.2, 0), np.uint8)

    return apply


def snowfall(degree: float = 1.0) -> Disturbance:
    """At degree 1 six hundred flakes, some close and large, over a pale picture."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        left = 0.6**degree
        out = (image * left + 75 * (1 - left) / 0.4).astype(np.uint8)
        height, width = image.shape[:2]
        for _ in range(round(600 * degree)):
            centre = int(rng.uniform(0, width)), int(rng.uniform(0, height))
            cv2.circle(out, centre, int(rng.choice([1, 2, 3, 6], p=[0.5, 0.3, 0.15, 0.05])), (245, 245, 245), -1)
        return np.asarray(out, np.uint8)

    return apply


def brighter(factor: float) -> Disturbance:
    """As many times as bright."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        return np.asarray(np.clip(image.astype(np.float32) * factor, 0, 255), np.uint8)

    return apply


def another_light(degree: float = 1.0) -> Disturbance:
    """Another hour of a fine day: brighter or darker, here more than there, warmer or colder. Nothing is hidden."""

    def apply(image: Image, rng: np.random.Generator) -> Image:
        height, width = image.shape[:2]
        places = cv2.resize(
            rng.normal(0, 0.35, (4, 4)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
        )
        stops = places[..., None] + rng.normal(0, 0.3) + rng.normal(0, 0.06, 3).astype(np.float32)
        return np.asarray(np.clip(image * np.exp(degree * stops), 0, 255), np.uint8)

    return apply


KINDS: Mapping[str, Callable[[float], Disturbance]] = {
    "fog": foggy,
    "night under lamps": lit_night,
    "infrared night": infrared,
    "sun into the lens": glare,
    "rain": rain,
    "snowfall": snowfall,
    "another light": another_light,
    "blur": lambda degree: blurred(3 * degree),
}
"""Each kind by its name, in any degree; at degree 1 a lens of ``blur`` is as soft as view health just bears."""

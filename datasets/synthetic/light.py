"""Sun, sky and lamps: how bright and of what colour everything is at an hour and in a weather."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.synthetic.mesh import Floats

LAMP_POWER = 0.32
"""Irradiance right beneath a lit post."""
SNOW_ALBEDO = np.array([0.80, 0.78, 0.76], np.float32)
"""BGR of trodden snow; fresh snow would be brighter than any camera shows."""
Weather = Literal["sunny", "cloudy", "overcast", "rain"]


@dataclass(frozen=True)
class Light:
    """The light of one moment; colours are BGR linear.

    Attributes:
        weather: what the sky does.
        to_sun: unit vector towards the sun.
        sun: irradiance of the direct beam; zero where it is hidden.
        sky: irradiance of the sky on level ground.
        zenith, horizon: radiance of the sky.
        lamps: lit lamps add up to this irradiance right beneath a post; zero by day.
        wet: 0 dry .. 1 streaming.
        haze: share of contrast lost per metre.
        cloud: 0 clear .. 1 closed.
        key: brightness the camera's exposure aims at.
        seed: of the clouds and the rain.
        snow: lying on all that is level, 0 none .. 1 deep.
        flakes: falling, 0 none .. 1 a snowstorm.
    """

    weather: Weather
    to_sun: tuple[float, float, float]
    sun: tuple[float, float, float]
    sky: tuple[float, float, float]
    zenith: tuple[float, float, float]
    horizon: tuple[float, float, float]
    lamps: float
    wet: float
    haze: float
    cloud: float
    key: float
    seed: int
    snow: float = 0.0
    flakes: float = 0.0

    @property
    def dark(self) -> bool:
        return self.lamps > 0.01

    @property
    def lamp_level(self) -> float:
        """0 off .. 1 full."""
        return self.lamps / LAMP_POWER


def light_at(
    hour: float, weather: Weather, north: float, seed: int, sunrise: float = 6.8, sunset: float = 18.2
) -> Light:
    """The light at a local hour.

    Args:
        hour: 0..24.
        weather: what the sky does.
        north: direction of north over the lot, radians from its x axis.
        seed: small variations from moment to moment.
        sunrise, sunset: hours.
    """
    rng = np.random.default_rng(seed)
    phase = (hour - sunrise) / (sunset - sunrise)
    elevation = (
        np.deg2rad(46.0) * np.sin(np.pi * phase) if 0 < phase < 1 else np.deg2rad(46.0) * (-abs(phase - 0.5) + 0.5)
    )
    azimuth = north - np.pi / 2 - (phase - 0.5) * np.deg2rad(-200)
    lift = max(float(np.sin(elevation)), 0.02)
    flat = float(np.sqrt(1 - min(lift, 0.99) ** 2))
    to_sun = (float(flat * np.cos(azimuth)), float(flat * np.sin(azimuth)), lift)

    day = float(np.clip((np.rad2deg(elevation) + 5) / 14, 0.0, 1.0))
    low = float(np.exp(-lift / 0.16))
    beam = {"sunny": 1.0, "cloudy": float(rng.choice([0.75, 0.25, 0.0])), "overcast": 0.0, "rain": 0.0}[weather]
    beam *= float(np.clip(np.rad2deg(elevation) / 5, 0, 1))
    warm = np.array([1 - 0.62 * low, 1 - 0.30 * low, 1.0])
    sun = 3.1 * beam * (1 - np.exp(-lift / 0.22)) * warm / max(lift, 0.22) ** 0.5
    cloud = {"sunny": 0.15, "cloudy": 0.55, "overcast": 0.95, "rain": 1.0}[weather] + float(rng.normal(0, 0.04))
    cloud = float(np.clip(cloud, 0, 1))
    blue = np.array([1.30, 1.0, 0.76])
    grey = np.array([1.03, 1.0, 0.98])
    glow = np.array([0.75, 0.92, 1.15])
    level = 0.012 + (0.95 if cloud < 0.9 else 0.8) * day**1.5 * (0.45 + 0.55 * min(lift / 0.5, 1))
    sky = level * ((1 - cloud) * blue + cloud * grey)
    zenith = sky / np.pi * ((1 - cloud) * np.array([1.25, 0.95, 0.70]) + cloud * 1.0)
    horizon = sky / np.pi * ((1.5 - 0.6 * cloud) * (1 - low * 0.4) + low * glow * (1 - cloud * 0.7))
    lamps = float(np.clip((0.55 - day) / 0.4, 0, 1)) * LAMP_POWER
    wet = {"rain": float(rng.uniform(0.6, 1.0)), "overcast": 0.12 * float(rng.random() < 0.3)}.get(weather, 0.0)
    haze = {"rain": 0.003, "overcast": 0.0015, "cloudy": 0.0008, "sunny": 0.0006}[weather] * float(
        rng.uniform(0.4, 1.6)
    )
    key = 0.19 * (0.35 + 0.65 * day) * float(rng.uniform(0.85, 1.2))

    def bgr(colour: NDArray[np.float64]) -> tuple[float, float, float]:
        return (float(colour[0]), float(colour[1]), float(colour[2]))

    return Light(
        weather,
        to_sun,
        bgr(sun),
        bgr(sky),
        bgr(zenith),
        bgr(horizon),
        lamps,
        wet,
        haze,
        cloud,
        key,
        int(rng.integers(2**31)),
    )


def sky_radiance(directions: Floats, light: Light, surroundings: bool = False) -> Floats:
    """Radiance (..., 3) seen along unit directions (..., 3); below the horizon that of the ground.

    ``surroundings`` puts dark houses and trees on the horizon, as paint and glass mirror them.
    """
    rise = directions[..., 2:]
    zenith, horizon = np.array(light.zenith, np.float32), np.array(light.horizon, np.float32)
    glance = np.sqrt(np.clip(rise, 0, 1))
    above = horizon + (zenith - horizon) * glance
    if not surroundings:
        return np.asarray(above, np.float32)
    above = above * (0.25 + 0.75 * np.clip((rise - 0.10) / 0.15, 0, 1))
    level = (np.array(light.sky) + np.array(light.sun) * light.to_sun[2]).astype(np.float32) * (0.11 / np.pi)
    return np.asarray(np.where(rise > 0, above, level), np.float32)


def lamp_light(points: Floats, normals: Floats | None, posts: Floats, strength: float) -> Floats:
    """Irradiance (...,) of the lamp posts (L, 3: x, y, height) at points (..., 3); level where no normals."""
    total = np.zeros(points.shape[:-1], np.float32)
    for post in posts.astype(np.float32):
        to_lamp = post - points
        square = (to_lamp**2).sum(-1)
        facing = to_lamp[..., 2] if normals is None else np.clip((to_lamp * normals).sum(-1), 0, None)
        total += facing / np.maximum(square, 6.0) ** 1.5 * (post[2] ** 2)
    return total * strength


LAMP_COLOUR = np.array([0.42, 0.78, 1.0], np.float32)


def shade(
    points: Floats,
    normals: Floats,
    albedo: Floats,
    reflectance: Floats,
    lit: Floats,
    light: Light,
    eye: Floats,
    posts: Floats,
) -> Floats:
    """Radiance (N, 3) of surface points: diffuse, a clear coat that mirrors the sky, highlights, haze.

    Args:
        points, normals: (N, 3) metres, unit.
        albedo: (N, 3) BGR linear.
        reflectance: (N,) mirror reflectance at normal incidence.
        lit: (N,) share of the sun that arrives.
        light: of the moment.
        eye: (3,) the camera.
        posts: (L, 3) lit lamps: x, y, height.
    """
    to_sun = np.array(light.to_sun, np.float32)
    sun, sky = np.array(light.sun, np.float32), np.array(light.sky, np.float32)
    up = normals[:, 2:] * 0.5 + 0.5
    open_sky = 0.55 + 0.45 * np.clip(points[:, 2:] / 1.2, 0, 1)
    bounce = (sky + sun * to_sun[2] * 0.7) * 0.12
    facing = np.clip(normals @ to_sun, 0, None)[:, None] * lit[:, None]
    incoming = sky * up * open_sky + bounce * (1 - up) + sun * facing
    if len(posts):
        incoming = incoming + lamp_light(points, normals, posts, light.lamps)[:, None] * LAMP_COLOUR
    view = eye - points
    away = np.linalg.norm(view, axis=1, keepdims=True)
    view /= away
    cosine = np.clip((view * normals).sum(1, keepdims=True), 0.0, 1)
    mirror = 2 * cosine * normals - view
    fresnel = reflectance[:, None] + (1 - reflectance[:, None]) * (1 - cosine) ** 5
    fresnel = np.where(reflectance[:, None] > 0, fresnel, 0)
    glare = np.clip(mirror @ to_sun, 0, 1)[:, None] ** 90 * lit[:, None] * sun * 2.2
    gloss = fresnel * (sky_radiance(mirror, light, surroundings=True) * open_sky + glare)
    clear = np.exp(-away * light.haze)
    radiance = albedo * incoming / np.pi * (1 - fresnel) + gloss
    return np.asarray(radiance * clear + np.array(light.horizon, np.float32) * (1 - clear), np.float32)

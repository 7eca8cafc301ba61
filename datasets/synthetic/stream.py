"""Endless variety: frames of ever new lots, to train on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from lotwise.datasets.frame import Image, Truth
from lotwise.datasets.synthetic.light import Weather, light_at
from lotwise.datasets.synthetic.lot import random_lot
from lotwise.datasets.synthetic.render import make_stage, render
from lotwise.datasets.synthetic.scene import Placement, Scene
from lotwise.datasets.synthetic.schedule import about, clear_of, driving, park, stray
from lotwise.datasets.synthetic.sensor import random_sensor
from lotwise.datasets.synthetic.vehicles import random_vehicle
from lotwise.datasets.synthetic.view import random_view

STREAM = 2
"""First word of every seed here; ``site.STREAM`` is another, so no site ever shows a lot of this stream."""


def random_lot_frames(
    seed: int, count: int, *, width: int = 640, height: int = 480, frames_per_lot: int = 4
) -> Iterator[tuple[Image, Truth]]:
    """Frames of random lots, cameras, light and occupancy, with exact truth.

    Args:
        seed: the same seed gives the same frames.
        count: number of frames.
        width, height: frame size in pixels.
        frames_per_lot: frames of one lot and camera before the next lot; cars and light change with each.

    Yields:
        image (height, width, 3) BGR and its truth, boxes in pixels of the image.
    """
    weathers: tuple[Weather, ...] = ("sunny", "cloudy", "overcast", "rain")
    for start in range(0, count, frames_per_lot):
        rng = np.random.default_rng(np.random.SeedSequence([STREAM, seed, start // frames_per_lot]))
        lot = random_lot(rng)
        stage = make_stage(random_view(rng, lot, width, height), lot)
        north = float(rng.uniform(0, 2 * np.pi))
        for _ in range(min(frames_per_lot, count - start)):
            weather = weathers[int(rng.choice(4, p=[0.42, 0.18, 0.22, 0.18]))]
            hour = float(rng.uniform(7.0, 17.5) if rng.random() < 0.82 else rng.uniform(17.5, 19.3))
            light = light_at(hour, weather, north, int(rng.integers(2**31)))
            full = rng.beta(1.1, 0.9)
            cars: tuple[Placement, ...] = tuple(
                park(rng, place, random_vehicle(rng)) for place in lot.slots if rng.random() < full
            )
            for _ in range(int(rng.poisson(1.6))):
                new = driving(rng, lot, light.dark) if rng.random() < 0.65 else stray(rng, lot, random_vehicle(rng))
                if clear_of(cars, new):
                    cars = (*cars, new)
            scene = Scene(cars, about(rng, lot, cars, 5.0), light)
            shot = render(stage, scene, random_sensor(rng))
            yield shot.image, shot.truth

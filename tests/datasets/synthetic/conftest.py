"""A stage and a few scenes that several tests look at."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from lotwise.datasets.synthetic.light import Weather, light_at
from lotwise.datasets.synthetic.lot import Lot, Place, random_lot
from lotwise.datasets.synthetic.render import Shot, make_stage, render
from lotwise.datasets.synthetic.scene import Placement, Scene, Stage
from lotwise.datasets.synthetic.sensor import random_sensor
from lotwise.datasets.synthetic.vehicles import Vehicle
from lotwise.datasets.synthetic.view import View

CAR = Vehicle("hatchback", (1.0, 1.0, 1.0), (0.4, 0.05, 0.05))
VAN = Vehicle("van", (1.0, 1.0, 1.0), (0.6, 0.6, 0.6))


def parked(place: Place, vehicle: Vehicle = CAR) -> Placement:
    """A car right in the middle of a slot."""
    return Placement(vehicle, *place.centre, place.yaw, slot=place.id)


@pytest.fixture(scope="session")
def lot() -> Lot:
    """A bare lot: slots and aisles only, so that nothing but cars hides cars."""
    found = random_lot(np.random.default_rng(5))
    return replace(found, trees=(), lamps=(), buildings=())


def look(lot: Lot, height: float, pitch: float) -> Stage:
    """A camera above the south edge that looks north over the rows."""
    position = (lot.length / 2, -8.0, height)
    return make_stage(View(480, 360, 330.0, position, np.pi / 2, pitch), lot)


@pytest.fixture(scope="session")
def stage(lot: Lot) -> Stage:
    """From nine metres up, as from a roof: hardly any car hides another."""
    return look(lot, 9.0, 0.42)


@pytest.fixture(scope="session")
def low_stage(lot: Lot) -> Stage:
    """From the height of a first floor: a van hides what stands behind it."""
    return look(lot, 2.4, 0.05)


def shooter(stage: Stage) -> Callable[..., Shot]:
    def shoot(*cars: Placement, weather: Weather = "sunny", hour: float = 12.0, noise: int = 0) -> Shot:
        sensor = random_sensor(np.random.default_rng(3))
        scene = Scene(cars, (), light_at(hour, weather, 0.7, 1))
        return render(stage, scene, replace(sensor, seed=noise))

    return shoot


@pytest.fixture(scope="session")
def shoot(stage: Stage) -> Callable[..., Shot]:
    return shooter(stage)


@pytest.fixture(scope="session")
def low_shoot(low_stage: Stage) -> Callable[..., Shot]:
    return shooter(low_stage)

"""What a year brings to a site: fog, snow, night, dirt, a turned camera, a new building; days with exact truth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from lotwise.datasets.synthetic.furniture.piece import Kind, Piece, extent
from lotwise.datasets.synthetic.light import Light, Weather, light_at
from lotwise.datasets.synthetic.lot import Lot
from lotwise.datasets.synthetic.sensor import Sensor
from lotwise.datasets.synthetic.view import View
from lotwise.datasets.synthetic.yard.plan import Yard


@dataclass(frozen=True)
class Condition:
    """How a day of the site differs from its usual ones.

    Attributes:
        weather: of the whole day; the site's own where None.
        hours: first and last hour of its frames.
        haze: share of contrast lost per metre, 0 as the weather has it; 0.05 is thick fog.
        snow: lying, 0..1. flakes: falling, 0..1.
        dirt: on the camera's dome, 0..1.
        turned: degrees by which the camera looks further to the left than it should.
        buildings: how many containers stand on slots.
    """

    weather: Weather | None = None
    hours: tuple[float, float] = (8.0, 17.0)
    haze: float = 0.0
    snow: float = 0.0
    flakes: float = 0.0
    dirt: float = 0.0
    turned: float = 0.0
    buildings: int = 0


CONDITIONS: Mapping[str, Condition] = {
    "sun": Condition("sunny"),
    "cloud": Condition("cloudy"),
    "overcast": Condition("overcast"),
    "rain": Condition("rain"),
    "dusk": Condition(hours=(17.5, 18.6)),
    "night": Condition("cloudy", (19.5, 23.0)),
    "night, rain": Condition("rain", (19.5, 23.0)),
    "mist": Condition("overcast", haze=0.02),
    "fog": Condition("overcast", haze=0.05),
    "thick fog": Condition("overcast", haze=0.12),
    "snow": Condition("overcast", snow=0.5),
    "deep snow": Condition("sunny", snow=1.0),
    "snowfall": Condition("overcast", snow=0.7, flakes=0.6),
    "snowstorm": Condition("overcast", snow=1.0, flakes=1.0, haze=0.03),
    "dust on the lens": Condition(dirt=0.4),
    "dirty lens": Condition(dirt=0.7),
    "dirty lens at night": Condition("cloudy", (19.5, 23.0), dirt=0.5),
    "turned a little": Condition(turned=1.0),
    "turned": Condition(turned=6.0),
    "building": Condition("cloudy", buildings=3),
}
"""By name, from days like those learned from to those on which nobody could see."""


def conditioned_light(rng: np.random.Generator, condition: Condition, hour: float, north: float) -> Light:
    """The light of an hour of such a day; ``north`` as of :func:`light_at`."""
    usual: tuple[Weather, ...] = ("sunny", "cloudy", "overcast")
    weather = condition.weather or usual[int(rng.integers(3))]
    found = light_at(hour, weather, north, int(rng.integers(2**31)))
    return replace(found, haze=max(found.haze, condition.haze), snow=condition.snow, flakes=condition.flakes)


def conditioned_view(view: View, condition: Condition) -> View:
    """What the camera sees after somebody turned it."""
    return replace(view, yaw=view.yaw + float(np.deg2rad(condition.turned)))


def conditioned_sensor(sensor: Sensor, condition: Condition, seed: int) -> Sensor:
    """The camera with what sticks to it; dirt of one camera stays where it is."""
    return replace(sensor, dirt=condition.dirt, dirt_seed=seed)


def containers(rng: np.random.Generator, lot: Lot, count: int) -> Yard:
    """Containers and site huts that were put down on slots; no car stands there any more."""
    places = [lot.slots[index] for index in rng.permutation(len(lot.slots))[:count].tolist()]
    pieces = []
    for place in places:
        kind: Kind = "container" if rng.random() < 0.6 else "office"
        seed, (x, y) = int(rng.integers(2**31)), place.centre
        pieces.append(Piece(kind, float(x), float(y), float(place.yaw), seed, extent(kind, seed)))
    return Yard(tuple(pieces), frozenset(place.id for place in places))

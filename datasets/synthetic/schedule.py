"""Who parks where and when, what else is about, and the weather of the days."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.synthetic.light import Weather
from lotwise.datasets.synthetic.lot import Lot, Place
from lotwise.datasets.synthetic.props import Prop, random_prop
from lotwise.datasets.synthetic.scene import Placement
from lotwise.datasets.synthetic.vehicles import Vehicle, random_vehicle


@dataclass(frozen=True)
class Stay:
    """One car on one spot from ``begin`` to ``end``, hours since the first midnight."""

    car: Placement
    begin: float
    end: float


def park(rng: np.random.Generator, place: Place, vehicle: Vehicle) -> Placement:
    """A car in a slot as people park: a little off the middle, a little askew, some backed in."""
    reverse = rng.random() < 0.22
    slack = max(place.width - vehicle.size[1] - 0.2, 0.1)
    across = float(np.clip(rng.normal(0, 0.12), -slack / 2, slack / 2))
    # Nobody crosses the line at the far end, for there stands the next row; long cars stick out into the aisle.
    along = min(float(np.clip(rng.normal(-0.05, 0.18), -0.5, 0.35)), (place.length - vehicle.size[0]) / 2 - 0.05)
    heading = np.array([np.cos(place.yaw), np.sin(place.yaw)])
    x, y = np.array(place.centre) + along * heading + across * np.array([-heading[1], heading[0]])
    yaw = place.yaw + rng.normal(0, 0.03) + (np.pi if reverse else 0.0)
    return Placement(vehicle, float(x), float(y), float(yaw), False, place.id)


def bustle(hour: float) -> float:
    """Arrivals per hour and free slot."""
    return (
        0.02 + 0.9 * float(np.exp(-(((hour - 9.3) / 1.9) ** 2))) + 0.35 * float(np.exp(-(((hour - 14.5) / 2.2) ** 2)))
    )


def plan_stays(rng: np.random.Generator, lot: Lot, days: int) -> tuple[Stay, ...]:
    """Arrivals and departures on every slot over all days; slots near the entrance fill first."""
    stays = []
    order = np.array([place.centre[0] + 0.6 * place.centre[1] for place in lot.slots])
    likes = 1.7 - 1.4 * (order - order.min()) / max(float(np.ptp(order)), 1e-6)
    for place, liking in zip(lot.slots, likes, strict=True):
        hour = 0.0 if rng.random() < 0.04 else float(rng.uniform(0, 5))
        while hour < 24 * days:
            chance = bustle(hour % 24) * liking * 0.25
            if rng.random() < chance:
                length = float(rng.lognormal(0.3, 0.6)) if rng.random() < 0.45 else float(rng.normal(7.5, 1.5))
                begin = hour + float(rng.uniform(0, 0.25))
                end = begin + float(np.clip(length, 0.3, 14.0))
                stays.append(Stay(park(rng, place, random_vehicle(rng)), begin, end))
                hour = end
            hour += 0.25
    for _ in range(3 * days):
        begin = float(rng.integers(days)) * 24 + float(rng.uniform(7, 17))
        stays.append(Stay(stray(rng, lot, random_vehicle(rng)), begin, begin + float(rng.uniform(0.5, 4))))
    return tuple(stays)


def stray(rng: np.random.Generator, lot: Lot, vehicle: Vehicle) -> Placement:
    """A car left at the side of an aisle, off the slots."""
    x0, y0, x1, y1, yaw = lot.aisles[int(rng.integers(len(lot.aisles)))]
    end = x0 + 1.6 if rng.random() < 0.5 else x1 - 1.6
    y = rng.uniform(y0 - 4, y1 + 4)
    return Placement(vehicle, float(end), float(y), float(yaw + np.pi / 2 * rng.choice([-1, 1]) + rng.normal(0, 0.05)))


def driving(rng: np.random.Generator, lot: Lot, dark: bool) -> Placement:
    """A car on its way along an aisle."""
    x0, y0, x1, y1, yaw = lot.aisles[int(rng.integers(len(lot.aisles)))]
    way = float(rng.choice([-1, 1]))
    y = (y0 + y1) / 2 - way * rng.uniform(0.6, 1.5)
    x = rng.uniform(x0 + 4, x1 - 4)
    turn = yaw + (0 if way > 0 else np.pi) + rng.normal(0, 0.08)
    return Placement(random_vehicle(rng), float(x), float(y), float(turn), bool(dark or rng.random() < 0.35))


def clear_of(cars: tuple[Placement, ...], new: Placement) -> bool:
    """Whether a car stands free of all others (circles of half a width around three points of each)."""

    def spine(car: Placement) -> NDArray[np.float64]:
        reach = (car.vehicle.size[0] - car.vehicle.size[1]) / 2
        steps = np.array([-1.0, 0.0, 1.0])[:, None] * reach
        return np.asarray(np.array([car.x, car.y]) + steps * np.array([np.cos(car.yaw), np.sin(car.yaw)]))

    mine = spine(new)
    return all(
        float(np.linalg.norm(mine[:, None] - spine(car)[None], axis=2).min())
        > (car.vehicle.size[1] + new.vehicle.size[1]) / 2 + 0.15
        for car in cars
    )


def about(rng: np.random.Generator, lot: Lot, cars: tuple[Placement, ...], mean: float) -> tuple[Prop, ...]:
    """People and things in aisles, on pavements and in a free slot or two."""
    found = []
    for _ in range(int(rng.poisson(mean))):
        if rng.random() < 0.5:
            x0, y0, x1, y1, _ = lot.aisles[int(rng.integers(len(lot.aisles)))]
            x, y = rng.uniform(x0, x1), rng.uniform(y0 - 0.5, y1 + 0.5)
        else:
            x, y = rng.uniform([-2.5, -2.5], [lot.length + 2.5, lot.width + 2.5])
        if all(np.hypot(car.x - x, car.y - y) > 2.9 for car in cars):
            found.append(random_prop(rng, float(x), float(y)))
    return tuple(found)


def day_weather(rng: np.random.Generator, day: int, hour: float) -> Weather:
    """Weather of a day and hour: the first days of a site show sun, rain and cloud in turn."""
    kinds: tuple[Weather, ...] = ("sunny", "rain", "cloudy", "overcast")
    kind = kinds[day % 4]
    if kind == "rain" and hour < 10.5:
        return "overcast"
    if kind == "sunny" and hour > 15.5 and rng.random() < 0.3:
        return "cloudy"
    return kind

"""Days of a site under all that a year brings, through the cameras of :func:`render_site`; written to disk once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.synthetic.conditions import (
    CONDITIONS,
    conditioned_light,
    conditioned_sensor,
    conditioned_view,
    containers,
)
from lotwise.datasets.synthetic.lot import Lot
from lotwise.datasets.synthetic.render import Shot, make_stage, render
from lotwise.datasets.synthetic.scene import Scene
from lotwise.datasets.synthetic.schedule import about, clear_of, driving, plan_stays
from lotwise.datasets.synthetic.sensor import random_sensor
from lotwise.datasets.synthetic.site import VERSION, read_synthetic, site_lot, site_views
from lotwise.datasets.synthetic.site_files import write_shots
from lotwise.datasets.synthetic.yard.plan import Yard
from lotwise.datasets.whole_file import write_whole

STREAM = 3
"""First word of every seed here: no frame of a year is one of the site that students learned from."""
FIRST_DAY = datetime(2026, 4, 1)
DAYS = "days.json"
"""File that says which day had which condition."""


def render_year(
    root: Path,
    *,
    conditions: Sequence[str] = tuple(CONDITIONS),
    cameras: int = 3,
    frames_per_day: int = 4,
    width: int = 960,
    height: int = 720,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Dataset:
    """Render one day for each condition to ``root``, or read it where it already lies there complete.

    Args:
        root: folder to write to, as ``render_site`` does; ``days.json`` names the condition of each date.
        conditions: names of ``CONDITIONS``, one day each; a name that comes twice gives two days.
        cameras: number of cameras: those of ``render_site`` of the same seed and size.
        frames_per_day: frames of each camera and day.
        width, height: frame size in pixels.
        seed: of the site.
        progress: told of each frame.

    Raises:
        InputError: a condition that does not exist.
    """
    unknown = [name for name in conditions if name not in CONDITIONS]
    if unknown:
        raise InputError(f"no condition {unknown[0]!r}; there are {', '.join(CONDITIONS)}")
    sizes = {"cameras": cameras, "frames_per_day": frames_per_day, "width": width, "height": height}
    parameters = {"version": VERSION, **sizes, "seed": seed, "conditions": list(conditions)}
    mark = root / "site.json"
    if not mark.is_file() or json.loads(mark.read_text(encoding="utf-8")) != parameters:
        mark.unlink(missing_ok=True)
        lot = site_lot(seed)
        views = site_views(seed, lot, cameras, width, height)
        slots = {f"C{index + 1}": make_stage(view, lot).slots for index, view in enumerate(views)}
        total = len(conditions) * cameras * frames_per_day
        shots = _shots(seed, lot, cameras, conditions, frames_per_day, (width, height))
        write_shots(root, shots, slots, (width, height), (), total, progress)
        dates = {f"{_date(day):%Y-%m-%d}": name for day, name in enumerate(conditions)}
        write_whole(root / DAYS, json.dumps(dates, indent=1).encode())
        write_whole(mark, json.dumps(parameters, indent=1).encode())
    return read_synthetic(root)


def _date(day: int) -> datetime:
    return FIRST_DAY + timedelta(days=day)


def _rng(seed: int, *words: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([STREAM, seed, *words]))


def _shots(
    seed: int, lot: Lot, cameras: int, conditions: Sequence[str], frames_per_day: int, size: tuple[int, int]
) -> Iterator[tuple[str, str, Shot]]:
    """Camera id, date and time, and what was rendered."""
    views = site_views(seed, lot, cameras, *size)
    north = float(_rng(seed, 0).uniform(0, 2 * np.pi))
    usual = [make_stage(view, lot) for view in views]
    for day, name in enumerate(conditions):
        condition = CONDITIONS[name]
        yard = containers(_rng(seed, 1, day), lot, condition.buildings) if condition.buildings else Yard()
        turned = [make_stage(conditioned_view(view, condition), lot) for view in views] if condition.turned else usual
        scenes = _scenes(seed, lot, name, day, north, frames_per_day, yard)
        for camera, stage in enumerate(turned):
            chip = conditioned_sensor(random_sensor(_rng(seed, 2, camera)), condition, 7919 * seed + camera)
            for number, (hour, scene) in enumerate(scenes):
                sensor = replace(chip, seed=int(_rng(seed, 3, day, camera, number).integers(2**31)))
                shot = render(stage, scene, sensor)
                if yard.blocked:
                    states = {slot: of for slot, of in (shot.truth.slots or {}).items() if slot not in yard.blocked}
                    shot = replace(shot, truth=replace(shot.truth, slots=states))
                taken = _date(day) + timedelta(minutes=round(60 * hour))
                yield f"C{camera + 1}", f"{taken:%Y-%m-%d}/{taken:%H%M}", shot


def _scenes(
    seed: int, lot: Lot, name: str, day: int, north: float, frames_per_day: int, yard: Yard
) -> list[tuple[float, Scene]]:
    """Hour and scene of each of a day's frames, the same for all cameras."""
    condition = CONDITIONS[name]
    stays = plan_stays(_rng(seed, 4, day), lot, 1)
    scenes = []
    for number, hour in enumerate(np.linspace(*condition.hours, frames_per_day).tolist()):
        rng = _rng(seed, 5, day, number)
        cars = tuple(stay.car for stay in stays if stay.begin <= hour < stay.end and stay.car.slot is not None)
        light = conditioned_light(rng, condition, hour, north)
        new = driving(rng, lot, light.dark)
        if clear_of(cars, new):
            cars = (*cars, new)
        cars = tuple(car for car in cars if yard.leaves_room(car))
        scenes.append((hour, Scene(cars, about(rng, lot, cars, 3.0), light, yard.at(hour))))
    return scenes

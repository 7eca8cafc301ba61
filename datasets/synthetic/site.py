"""The demo site: one lot, fixed cameras, several days; written to disk once and read back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Frame, Slot, Truth, VehicleTruth
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.synthetic.light import light_at
from lotwise.datasets.synthetic.lot import Lot, random_lot
from lotwise.datasets.synthetic.render import Shot, make_stage, render
from lotwise.datasets.synthetic.scene import Scene, Stage
from lotwise.datasets.synthetic.schedule import Stay, about, clear_of, day_weather, driving, plan_stays
from lotwise.datasets.synthetic.sensor import random_sensor
from lotwise.datasets.synthetic.site_files import write_shots
from lotwise.datasets.synthetic.truth import visible_slots
from lotwise.datasets.synthetic.view import View, random_view
from lotwise.datasets.synthetic.yard.file import write_furniture
from lotwise.datasets.synthetic.yard.plan import Yard, plan_residents, plan_yard
from lotwise.datasets.whole_file import write_whole

STREAM = 1
"""First word of every seed here; ``stream.STREAM`` is another, so training lots never equal a site's."""
FIRST_DAY = date(2026, 3, 2)
FIRST_HOUR, LAST_HOUR = 7.5, 18.6
"""Of the first and the last frame of a day; the last ones fall into dusk."""
VERSION = 2
"""Of the renderer; a site written by another version is rendered anew."""
_VIEWS_TRIED = 6
"""Random views that are drawn for each camera; chosen so that one of them shows the lot well."""
_ENOUGH_SLOTS = 30
"""Of the views tried the one with most slots is taken; views with more slots than this count the same."""


@dataclass(frozen=True)
class Moment:
    """One moment of the site, the same for all its cameras."""

    taken: datetime
    scene: Scene


def _rng(seed: int, *words: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([STREAM, seed, *words]))


def site_lot(seed: int) -> Lot:
    """The lot of a site: of middle size, so that three cameras see most of it."""
    rng = _rng(seed, 0)
    lot = random_lot(rng)
    while not 40 <= len(lot.slots) <= 110:
        lot = random_lot(rng)
    return lot


def site_views(seed: int, lot: Lot, cameras: int, width: int, height: int) -> tuple[View, ...]:
    """The site's cameras, from the south edge on round the lot."""
    views = []
    for index in range(cameras):
        rng = _rng(seed, 1, index)
        tries = [random_view(rng, lot, width, height, side=index % 4) for _ in range(_VIEWS_TRIED)]
        views.append(max(tries, key=lambda view: min(len(visible_slots(view, lot)), _ENOUGH_SLOTS)))
    return tuple(views)


def site_yard(seed: int, lot: Lot, views: Sequence[View], days: int, clutter: float, residents: float) -> Yard:
    """What stands on the site for weeks: furniture, and cars on this share of the slots."""
    yard = plan_yard(_rng(seed, 6), lot, [view.position for view in views], clutter, days)
    return replace(yard, residents=plan_residents(_rng(seed, 7), lot, yard, residents))


def site_stages(seed: int, cameras: int, width: int, height: int, yard: Yard | None = None) -> tuple[Stage, ...]:
    """The site's lot through each of its cameras, with what the yard has painted on the ground."""
    lot = site_lot(seed)
    marks = yard.flat if yard else ()
    return tuple(make_stage(view, lot, marks) for view in site_views(seed, lot, cameras, width, height))


def site_moments(
    lot: Lot,
    seed: int,
    days: int,
    frames_per_day: int,
    yard: Yard | None = None,
    hours: tuple[float, float] = (FIRST_HOUR, LAST_HOUR),
) -> tuple[Moment, ...]:
    """What happens on the site at each time a frame is taken; a yard takes cars out and changes nothing else."""
    rng = _rng(seed, 2)
    yard = yard or Yard()
    stays = (*yard.residents, *(stay for stay in plan_stays(rng, lot, days) if yard.leaves_room(stay.car)))
    north = float(rng.uniform(0, 2 * np.pi))
    moments = []
    for day in range(days):
        for index, hour in enumerate(np.linspace(*hours, frames_per_day)):
            moments.append(_moment(_rng(seed, 3, day, index), lot, stays, north, day, float(hour), yard))
    return tuple(moments)


def _moment(
    rng: np.random.Generator, lot: Lot, stays: tuple[Stay, ...], north: float, day: int, hour: float, yard: Yard
) -> Moment:
    minute = round(hour * 60)
    now = day * 24 + minute / 60
    cars = tuple(stay.car for stay in stays if stay.begin <= now < stay.end)
    slotted = tuple(car for car in cars if car.slot is not None)
    for car in cars:
        if car.slot is None and clear_of(slotted, car):
            slotted = (*slotted, car)
    light = light_at(hour, day_weather(rng, day, hour), north, int(rng.integers(2**31)))
    for _ in range(int(rng.poisson(0.8))):
        new = driving(rng, lot, light.dark)
        if clear_of(slotted, new):
            slotted = (*slotted, new)
    taken = datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(days=day, minutes=minute)
    slotted = tuple(car for car in slotted if yard.leaves_room(car))
    return Moment(taken, Scene(slotted, about(rng, lot, slotted, 4.0), light, yard.at(now)))


def site_shots(stages: Sequence[Stage], moments: Sequence[Moment], seed: int) -> Iterator[tuple[str, Moment, Shot]]:
    """All frames of the site: camera id, moment, rendered shot; camera by camera."""
    for index, stage in enumerate(stages):
        chip = random_sensor(_rng(seed, 4, index))
        for number, moment in enumerate(moments):
            sensor = replace(chip, seed=int(_rng(seed, 5, index, number).integers(2**31)))
            yield f"C{index + 1}", moment, render(stage, moment.scene, sensor)


def render_site(
    root: Path,
    *,
    cameras: int = 3,
    days: int = 2,
    frames_per_day: int = 12,
    width: int = 960,
    height: int = 720,
    seed: int = 0,
    clutter: float = 0.0,
    residents: float = 0.0,
    progress: Progress = no_progress,
) -> Dataset:
    """Render a site to ``root``, or read it where it already lies there complete with these parameters.

    Args:
        root: folder to write ``<camera>/<date>/<HHMM>.jpg``, ``slots.json``, ``vehicles.json``, ``states.json``
            and, last, ``site.json`` to.
        cameras: number of fixed cameras, ``C1`` and on.
        days: days from Monday, 2 March 2026.
        frames_per_day: frames of each camera from morning to dusk.
        width, height: frame size in pixels.
        seed: the same seed gives the same site, picture for picture.
        clutter: 0 none .. 1 a yard full of furniture (containers, cages, skips, boats, painted arrows, …); where each
            piece shows is written to ``furniture.json``.
        residents: share of the slots whose car stands there all days long.
        progress: told of each frame.

    Returns:
        What ``read_synthetic(root)`` returns.

    Raises:
        InputError: a parameter out of range.
    """
    for name, value, least in (
        ("cameras", cameras, 1),
        ("days", days, 1),
        ("frames_per_day", frames_per_day, 1),
        ("width", width, 64),
        ("height", height, 64),
        ("seed", seed, 0),
    ):
        if value < least:
            raise InputError(f"{name}={value}: a synthetic site needs at least {least}; give a larger number")
    for name, share in (("clutter", clutter), ("residents", residents)):
        if not 0 <= share <= 1:
            raise InputError(f"{name}={share}: expected a share from 0 to 1")
    parameters: dict[str, float] = {
        "version": VERSION,
        "cameras": cameras,
        "days": days,
        "frames_per_day": frames_per_day,
        "width": width,
        "height": height,
        "seed": seed,
    }
    # Left out where they are not asked for: a plain site stays byte for byte what it was.
    parameters |= {name: share for name, share in (("clutter", clutter), ("residents", residents)) if share}
    if _written(root) == parameters:
        dataset = read_synthetic(root)
        if all(frame.path.is_file() for frame in dataset.frames):
            return dataset
    (root / "site.json").unlink(missing_ok=True)
    _write(root, parameters, progress)
    return read_synthetic(root)


def _written(root: Path) -> Any:
    try:
        return json.loads((root / "site.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _write(root: Path, parameters: dict[str, float], progress: Progress) -> None:
    seed, width, height, cameras, days, per_day = (
        int(parameters[name]) for name in ("seed", "width", "height", "cameras", "days", "frames_per_day")
    )
    clutter, residents = parameters.get("clutter", 0.0), parameters.get("residents", 0.0)
    lot = site_lot(seed)
    yard = site_yard(seed, lot, site_views(seed, lot, cameras, width, height), days, clutter, residents)
    stages = site_stages(seed, cameras, width, height, yard)
    moments = site_moments(lot, seed, days, per_day, yard)
    shots = site_shots(stages, moments, seed)
    total = len(stages) * len(moments)
    named = ((camera, f"{moment.taken:%Y-%m-%d}/{moment.taken:%H%M}", shot) for camera, moment, shot in shots)
    slots = {f"C{index + 1}": stage.slots for index, stage in enumerate(stages)}
    furniture = write_shots(root, named, slots, (width, height), yard.blocked, total, progress)
    if clutter:
        write_furniture(root, furniture)
    # Written last: its presence says that the site is complete.
    write_whole(root / "site.json", json.dumps(parameters, indent=1).encode())


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: missing from the synthetic site; render it again (lotwise demo)") from error
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON ({error}); delete site.json and render the site again") from error


def read_synthetic(root: Path, cameras: Sequence[str] | None = None) -> Dataset:
    """Read a site that ``render_site`` wrote.

    Args:
        root: its folder.
        cameras: camera ids to keep; all where None.

    Raises:
        InputError: a file is missing or broken, or a camera is not of this site.
    """
    _load(root / "site.json")
    slots_json, coco, states = (_load(root / name) for name in ("slots.json", "vehicles.json", "states.json"))
    try:
        slots = {
            camera: tuple(Slot(str(slot["id"]), np.array(slot["polygon"], np.float32).reshape(-1, 2)) for slot in found)
            for camera, found in slots_json.items()
        }
        boxes: dict[int, list[tuple[list[float], bool]]] = {image["id"]: [] for image in coco["images"]}
        for annotation in coco["annotations"]:
            x, y, w, h = annotation["bbox"]
            boxes[annotation["image_id"]].append(([x, y, x + w, y + h], bool(annotation["iscrowd"])))
        frames, truth = [], {}
        for image in coco["images"]:
            name = image["file_name"]
            found = boxes[image["id"]]
            day, clock = Path(name).parts[-2], Path(name).stem
            frames.append(Frame(image["camera"], name, root / name, datetime.strptime(day + clock, "%Y-%m-%d%H%M")))
            vehicles = VehicleTruth(
                np.array([box for box, _ in found], np.float32).reshape(-1, 4),
                np.array([ignore for _, ignore in found], bool),
            )
            truth[name] = Truth(vehicles, states[name])
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InputError(
            f"{root}: slots.json, vehicles.json and states.json do not fit together ({error!r}); "
            "delete site.json and render the site again"
        ) from error
    if cameras is not None:
        unknown = [camera for camera in cameras if camera not in slots]
        if unknown:
            raise InputError(f"{root}: no camera {', '.join(unknown)}; this site has {', '.join(slots)}")
        slots = {camera: slots[camera] for camera in cameras}
        frames = [frame for camera in cameras for frame in frames if frame.camera == camera]
        truth = {frame.name: truth[frame.name] for frame in frames}
    return Dataset("synthetic", root, tuple(frames), slots, truth)

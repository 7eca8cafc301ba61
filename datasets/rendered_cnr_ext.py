"""A rendered site in the official layout of CNR-EXT, with all its cameras and days: to try what needs the whole set."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import SlotState
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.readers.cnr_ext import FRAMES, SLOT_FILE_SIZE, SLOT_HEADER
from lotwise.datasets.readers.cnr_ext_extent import DAYS, Weather
from lotwise.datasets.synthetic.light import Weather as Sky
from lotwise.datasets.synthetic.render import make_stage
from lotwise.datasets.synthetic.scene import Stage
from lotwise.datasets.synthetic.site import FIRST_DAY, VERSION, Moment, site_lot, site_moments, site_shots, site_views
from lotwise.datasets.synthetic.site_files import vehicle_annotations
from lotwise.datasets.whole_file import write_whole

RENDERED = "rendered.json"
"""File that says that these frames are rendered, and with which parameters; written last."""
HOURS = (8.0, 17.0)
"""Of the first and the last frame of a day; those of CNR-EXT are of about these hours."""
CAR_HEIGHT_M = 1.5
"""Metres to which a slot's box reaches up: official boxes surround the car rather than the ground it stands on."""
INNER = 0.85
"""Share of a slot's length and width that its box surrounds."""
MOST_CAMERAS = 9

_FOLDERS: Mapping[Sky, Weather] = {"sunny": "SUNNY", "cloudy": "OVERCAST", "overcast": "OVERCAST", "rain": "RAINY"}


def render_official_layout(
    root: Path,
    *,
    cameras: int = MOST_CAMERAS,
    days: int = len(DAYS),
    frames_per_day: int = 2,
    width: int = 1000,
    height: int = 750,
    seed: int = 0,
    progress: Progress = no_progress,
) -> None:
    """Render a site that :func:`lotwise.datasets.readers.cnr_ext.read_cnr_ext` reads; kept where it lies there whole.

    Writes ``FULL_IMAGE_1000x750/<WEATHER>/<date>/camera<N>/<date>_<HHMM>.jpg``, ``camera<N>.csv``,
    ``LABELS/camera<N>.txt``, ``LABELS/all.txt``, ``vehicles.json`` and, last, ``rendered.json``. The dates are those of
    CNR-EXT, the weather of a date is that of the rendered site.

    Args:
        root: folder to write to.
        cameras: number of cameras, at most nine.
        days: number of days, at most 23.
        frames_per_day: frames of each camera and day.
        width, height: frame size in pixels.
        seed: the same seed gives the same site, picture for picture.
        progress: told of each frame.

    Raises:
        InputError: a number out of range.
    """
    for name, value, most in (("cameras", cameras, MOST_CAMERAS), ("days", days, len(DAYS))):
        if not 1 <= value <= most:
            raise InputError(f"{name}={value}: the official layout has 1 to {most}; give a number of these")
    if frames_per_day < 1:
        raise InputError(f"frames_per_day={frames_per_day}: give at least 1")
    sizes = {"cameras": cameras, "days": days, "frames_per_day": frames_per_day, "width": width, "height": height}
    parameters = {"version": VERSION, **sizes, "seed": seed}
    mark = root / RENDERED
    if mark.is_file() and json.loads(mark.read_text(encoding="utf-8")) == parameters:
        return
    mark.unlink(missing_ok=True)
    lot = site_lot(seed)
    stages = [make_stage(view, lot) for view in site_views(seed, lot, cameras, width, height)]
    moments = site_moments(lot, seed, days, frames_per_day, hours=HOURS)
    for number, stage in enumerate(stages, 1):
        _write(root / f"camera{number}.csv", _slot_file(stage))
    weathers = _weathers(moments)
    labels: dict[str, list[str]] = {}
    images: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    total = len(stages) * len(moments)
    for camera, moment, shot in site_shots(stages, moments, seed):
        taken = _official_time(moment)
        weather, number = weathers[taken.date()], int(camera.removeprefix("C"))
        day = f"{weather}/{taken:%Y-%m-%d}/camera{number}"
        name = f"{FRAMES}/{day}/{taken:%Y-%m-%d_%H%M}.jpg"
        _write(root / name, shot.jpeg)
        images.append({"id": len(images) + 1, "file_name": name, "width": width, "height": height})
        assert shot.truth.vehicles is not None and shot.truth.slots is not None
        annotations += vehicle_annotations(shot.truth.vehicles, len(images), len(annotations) + 1)
        patch = f"{day}/{weather[0]}_{taken:%Y-%m-%d_%H.%M}_C0{number}"
        labels.setdefault(f"camera{number}", []).extend(_label_lines(patch, shot.truth.slots))
        progress("render", len(images), total, "")
    for camera, lines in {**labels, "all": [line for of_camera in labels.values() for line in of_camera]}.items():
        _write(root / "LABELS" / f"{camera}.txt", "".join(lines).encode())
    coco = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "vehicle"}]}
    _write(root / "vehicles.json", json.dumps(coco).encode())
    _write(mark, json.dumps(parameters, indent=1).encode())


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data, sync=False)


def _official_time(moment: Moment) -> datetime:
    day = list(DAYS)[(moment.taken.date() - FIRST_DAY).days]
    return datetime.combine(day, moment.taken.time())


def _weathers(moments: Sequence[Moment]) -> dict[date, Weather]:
    """The folder of each day: the weather of most of its frames."""
    seen: dict[date, Counter[Weather]] = {}
    for moment in moments:
        seen.setdefault(_official_time(moment).date(), Counter())[_FOLDERS[moment.scene.light.weather]] += 1
    return {day: count.most_common(1)[0][0] for day, count in seen.items()}


def _label_lines(patch: str, states: Mapping[str, SlotState]) -> list[str]:
    return [f"{patch}_{slot}.jpg {int(state == 'occupied')}\n" for slot, state in states.items() if state != "unknown"]


def _slot_file(stage: Stage) -> bytes:
    """``camera<N>.csv``: the box of the room that a car in the slot fills, in pixels of the original size."""
    view = stage.view
    scale = np.array(SLOT_FILE_SIZE) / (view.width, view.height)
    places = {place.id: place for place in stage.lot.slots}
    lines = [",".join(SLOT_HEADER)]
    for slot in stage.slots:
        place = places[slot.id]
        ground = np.array(place.centre) + (place.corners - place.centre) * INNER
        pixels, _ = view.project([[*corner, z] for corner in ground for z in (0.0, CAR_HEIGHT_M)])
        corners = (pixels.clip(0, [view.width, view.height]) * scale).round().astype(int)
        (x, y), (width, height) = corners.min(0), np.ptp(corners, axis=0)
        if width > 0 and height > 0:
            lines.append(f"{slot.id},{x},{y},{width},{height}")
    return ("\n".join(lines) + "\n").encode()

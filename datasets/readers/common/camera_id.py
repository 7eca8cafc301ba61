"""Ids of cameras: which ones are asked for, and which one a file belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.timestamps import without_dates

STRUCTURE = frozenset(
    {"images", "image", "imgs", "img", "jpegimages", "frames", "data", "labels", "obj"}
    | {"train", "training", "val", "valid", "validation", "test", "testing", "train2017", "val2017", "test2017"}
    | {"obj_train_data", "obj_valid_data", "obj_validation_data", "obj_test_data"}  # CVAT
    | {"sunny", "cloudy", "overcast", "rainy"}
)
"""Folders that name a kind of file, a split or a weather, in lower case; none of them is a camera."""


def parse_cameras(text: str | None) -> tuple[str, ...] | None:
    """Camera ids from a comma-separated list; None (all cameras) where there is none.

    >>> parse_cameras("1, C3"), parse_cameras(None)
    (('1', 'C3'), None)
    """
    if text is None:
        return None
    ids = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not ids:
        raise InputError(f"cameras {text!r}: no camera named; write ids with commas, such as 1,3")
    return ids


def numbered(cameras: Sequence[str] | None) -> tuple[str, ...] | None:
    """Ids of a dataset whose cameras are C1, C2, …; a bare number or other case is understood.

    >>> numbered(["1", "c3", "C03", "lobby"])
    ('C1', 'C3', 'lobby')
    """
    if cameras is None:
        return None
    found = [(re.fullmatch(r"(?i)(?:C|camera)?0*(\d+)", camera), camera) for camera in cameras]
    return tuple(dict.fromkeys(f"C{match.group(1)}" if match else camera for match, camera in found))


def select_cameras(frames: Iterable[Frame], cameras: Sequence[str] | None, root: Path) -> tuple[Frame, ...]:
    """Frames of the asked cameras (of all where None), in order of camera, then time, then name.

    Raises:
        InputError: there are no frames at all, or none of an asked camera.
    """
    kept = sorted(frames, key=_order)
    if not kept:
        raise InputError(f"{root}: no frames found; check the folder and its layout")
    if cameras is None:
        return tuple(kept)
    there = tuple(dict.fromkeys(frame.camera for frame in kept))
    for camera in cameras:
        if camera not in there:
            raise InputError(f"{root}: empty camera {camera}: no frames of it; cameras here: {', '.join(there)}")
    return tuple(frame for frame in kept if frame.camera in cameras)


def camera_of(relative: PurePath, root: Path, structure: frozenset[str] = STRUCTURE) -> str:
    """Camera of a file: the first folder below the root that is no split, weather, date or time; else the root.

    >>> camera_of(PurePath("images/train/entrance/2015-11-12/0709.jpg"), Path("/data/lot"))
    'entrance'
    >>> camera_of(PurePath("images/0709.jpg"), Path("/data/lot"))
    'lot'
    """
    folders = camera_folders(relative, structure)
    return folders[0] if folders else root.resolve().name


def camera_folders(relative: PurePath, structure: frozenset[str] = STRUCTURE) -> tuple[str, ...]:
    """Folders on the way to a file that may name a camera, outermost first."""
    return tuple(name for name in without_dates(relative) if name.lower() not in structure)


def _order(frame: Frame) -> tuple[list[tuple[int, str]], bool, str, str, int]:
    taken = frame.taken
    # Numbers inside an id count as numbers: C2 comes before C10.
    camera = [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", frame.camera)]
    return camera, taken is None, taken.isoformat() if taken else "", frame.name, frame.index or 0

"""YOLO text labels: vehicle boxes read as truth."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import yaml

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Dataset, Frame, Truth, VehicleTruth
from lotwise.datasets.image_files import image_files
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.camera_id import camera_of, select_cameras
from lotwise.datasets.timestamps import parse_time
from lotwise.datasets.vehicles import VEHICLE_CLASSES

COCO_VEHICLE_IDS = frozenset({2, 5, 7})
"""car, bus and truck among the 80 classes of COCO."""


def read_yolo(root: Path, cameras: Sequence[str] | None = None) -> Dataset:
    """Images of a YOLO folder with the boxes of its vehicle classes.

    ``images/`` and ``labels/`` are siblings at any depth; where an image lies in no ``images`` folder, its
    label file lies beside it. The names in ``data.yaml`` say which classes are vehicles; without it the
    classes are taken for those of COCO. An empty label file means no vehicle, a missing one no truth.

    Args:
        root: the folder, or the ``data.yaml`` in it.
        cameras: ids (the first folder below the root that is no split or day); None for all.

    Raises:
        InputError: no images or no label file at all, an asked camera without frames, a broken label line, or
            a ``data.yaml`` that names no vehicle.
    """
    root, description = (root.parent, root) if root.is_file() else (root, root / "data.yaml")
    vehicle_ids: Collection[int] = COCO_VEHICLE_IDS
    if description.is_file():
        root, vehicle_ids = _describe(description)
    files = image_files(root)
    frames = select_cameras((_frame(path, root) for path in files), cameras, root)
    truth, notes = {}, []
    labelled = [frame for frame in frames if label_file(frame.path).is_file()]
    if not labelled:
        raise InputError(f"{root}: no label files; expected {label_file(frames[0].path)} and so on")
    for frame in labelled:
        try:
            size = image_size(frame.path)
        except UnreadableImage as error:
            notes.append(f"no truth for an image that cannot be read: {error}")
            continue
        boxes = read_boxes(label_file(frame.path), size, vehicle_ids)
        truth[frame.name] = Truth(vehicles=VehicleTruth(boxes, np.zeros(len(boxes), np.bool_)))
    if len(labelled) < len(frames):
        notes.append(f"{len(frames) - len(labelled)} frames have no label file, so no truth")
    return Dataset("yolo", root, frames, truth=truth, notes=tuple(notes))


def read_boxes(path: Path, size: tuple[int, int], class_ids: Collection[int]) -> np.ndarray:
    """Boxes of the given classes from one label file, (N, 4) float32 xyxy in pixels.

    A line is ``class cx cy w h`` with an optional score, or ``class x1 y1 x2 y2 x3 y3 …``, an outline whose
    bounding box is taken; all in 0..1 of ``size`` (width, height).

    Raises:
        InputError: a line that is neither, or coordinates beyond 0..1.
    """
    boxes = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            # Some tools write the class as 2.0.
            class_id, *values = (float(field) for field in line.split())
            box = _corners(values)
        except ValueError:
            raise InputError(
                f"{path}:{number}: expected class cx cy w h or an outline, all in 0..1; got {line[:60]!r}"
            ) from None
        if class_id in class_ids:
            boxes.append(box)
    return np.array(boxes, np.float32).reshape(-1, 4) * np.array([*size, *size], np.float32)


def label_file(image: Path) -> Path:
    """Where the labels of an image lie: ``labels`` for the last ``images`` on its way, else beside it."""
    parts = list(image.parts)
    for position in range(len(parts) - 2, -1, -1):
        if parts[position] == "images":
            parts[position] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _frame(path: Path, root: Path) -> Frame:
    relative = path.relative_to(root)
    return Frame(camera_of(relative, root), relative.as_posix(), path, parse_time(relative))


def _corners(values: Sequence[float]) -> tuple[float, float, float, float]:
    """xyxy of a box or outline in 0..1; ValueError where it is neither."""
    if len(values) in (4, 5):
        cx, cy, width, height = values[:4]
        corners = (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
        checked = values[:4]
    elif len(values) >= 6 and len(values) % 2 == 0:
        xs, ys = values[::2], values[1::2]
        corners = (min(xs), min(ys), max(xs), max(ys))
        checked = values
    else:
        raise ValueError("neither a box nor an outline")
    # Rounding in the tools that write labels leaves values a little outside.
    if not all(-0.01 <= value <= 1.01 for value in checked):
        raise ValueError("outside 0..1")
    return corners


def _describe(path: Path) -> tuple[Path, frozenset[int]]:
    """Folder of the images and ids of the vehicle classes from a ``data.yaml``."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise InputError(f"{path}: not readable as YAML ({' '.join(str(error).split())})") from error
    names = content.get("names") if isinstance(content, dict) else None
    if names is None:
        return path.parent, COCO_VEHICLE_IDS
    named = dict(enumerate(names)) if isinstance(names, list) else names
    if not isinstance(named, dict) or not all(str(number).isdigit() for number in named):
        raise InputError(f"{path}: expected names as a list, or as a mapping from class number to name")
    ids = frozenset(int(number) for number, name in named.items() if str(name).lower() in VEHICLE_CLASSES)
    if not ids:
        there = ", ".join(str(name) for name in named.values())
        raise InputError(f"{path}: no class is named {', '.join(VEHICLE_CLASSES)}; it has {there}; rename the vehicles")
    elsewhere = path.parent / str(content.get("path") or ".")
    return elsewhere if elsewhere.is_dir() else path.parent, ids

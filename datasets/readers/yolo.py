"""YOLO text labels: vehicle boxes read as truth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from math import isfinite
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Dataset, Frame, Truth, VehicleTruth
from lotwise.datasets.image_files import IMAGE_SUFFIXES, all_files, unread_notes, with_suffix
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.common.camera_id import camera_of, select_cameras
from lotwise.datasets.readers.common.date_order import in_date_order, untimed_notes
from lotwise.datasets.readers.common.flawed_boxes import flaw_notes, usable
from lotwise.datasets.readers.yolo_classes import label_classes
from lotwise.datasets.timestamps import parse_time

_IMAGE_FOLDERS = ("images", "jpegimages", "imgs", "img")
"""Folders, in lower case, beside which the labels lie in a folder ``labels``."""


def read_yolo(root: Path, cameras: Sequence[str] | None = None) -> Dataset:
    """Images of a YOLO folder with the boxes of its vehicle classes.

    ``images/`` and ``labels/`` are siblings at any depth; where an image lies in no ``images`` folder, its
    label file lies beside it, or in a folder ``labels`` there. Which classes are vehicles says
    :func:`label_classes`. An empty label file means no vehicle, a missing one no truth.

    Args:
        root: the folder, or the file in it that names the classes.
        cameras: ids (the first folder below the root that is no split or day); None for all.

    Raises:
        InputError: no images or no label file at all, an asked camera without frames, a broken label line, or
            class names without a vehicle.
    """
    classes = label_classes(root)
    root = classes.root
    files = all_files(root)
    pictures, notes = in_date_order((_frame(path, root) for path in with_suffix(files, IMAGE_SUFFIXES)), root)
    frames = select_cameras(pictures, cameras, root)
    notes = [*classes.notes, *notes, *untimed_notes(frames)]
    labels = {frame.name: label_file(frame.path) for frame in frames}
    labelled = [frame for frame in frames if labels[frame.name].is_file()]
    if not labelled:
        raise InputError(f"{root}: no label files; expected {labels[frames[0].name]} and so on")
    truth: dict[str, Truth] = {}
    flaws: Counter[str] = Counter()
    for frame in labelled:
        try:
            size = image_size(frame.path)
        except UnreadableImage as error:
            notes.append(f"no truth for an image that cannot be read: {error}")
            continue
        boxes, flawed = read_boxes(labels[frame.name], size, classes.vehicle_ids, classes.keypoints)
        flaws += flawed
        truth[frame.name] = Truth(vehicles=VehicleTruth(boxes, np.zeros(len(boxes), np.bool_)))
    notes += flaw_notes(flaws)
    if len(labelled) < len(frames):
        notes.append(f"{len(frames) - len(labelled)} frames have no label file, so no truth")
    return Dataset("yolo", root, frames, truth=truth, notes=(*notes, *unread_notes(files)))


def read_boxes(
    path: Path, size: tuple[int, int], class_ids: Collection[int], keypoints: bool = False
) -> tuple[NDArray[np.float32], Counter[str]]:
    """Boxes of the given classes from one label file, (N, 4) float32 xyxy in pixels, and how many have which flaw.

    A line is ``class cx cy w h`` with an optional score, or ``class x1 y1 x2 y2 x3 y3 …``, an outline whose
    bounding box is taken; all in 0..1 of ``size`` (width, height).

    Args:
        path: the label file.
        size: of its picture as it is seen.
        class_ids: those that are wanted.
        keypoints: whether points follow the box, which are left out.

    Raises:
        InputError: a line that is neither, or coordinates beyond 0..1.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8-sig", errors="replace").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            # Some tools write the class as 2.0.
            class_id, *values = (float(field) for field in line.split())
            box = _corners(values[:4] if keypoints else values)
        except ValueError:
            raise InputError(
                f"{path}:{number}: expected class cx cy w h or an outline, all in 0..1; got {line[:60]!r}"
            ) from None
        if class_id in class_ids:
            found.append(box)
    boxes = np.array(found, np.float64).reshape(-1, 4) * np.array([*size, *size])
    keep, flaws = usable(boxes, np.zeros(len(boxes), np.bool_))
    return boxes[keep].astype(np.float32), flaws


def label_file(image: Path) -> Path:
    """Where the labels of an image lie: the first of these places that holds them, else the first of these.

    In ``labels`` for the last ``images`` on its way; beside it; in ``labels`` beside it.
    """
    places = []
    parts = list(image.parts)
    for position in range(len(parts) - 2, -1, -1):
        if parts[position].lower() in _IMAGE_FOLDERS:
            name = "Labels" if parts[position][0].isupper() else "labels"
            tails = {name, "labels"} if parts[position] != "images" else {"labels"}
            places += [Path(*parts[:position], tail, *parts[position + 1 :]) for tail in sorted(tails, reverse=True)]
            break
    places += [image, image.parent / "labels" / image.name]
    texts = [place.with_suffix(".txt") for place in places]
    return next((text for text in texts if text.is_file()), texts[0])


def _frame(path: Path, root: Path) -> Frame:
    relative = path.relative_to(root)
    return Frame(camera_of(relative, root), relative.as_posix(), path, parse_time(relative))


def _corners(values: list[float]) -> tuple[float, float, float, float]:
    """xyxy of a box or outline in 0..1; ValueError where it is neither."""
    if len(values) in (4, 5):
        cx, cy, width, height = values[:4]
        corners = (cx - width / 2, cy - height / 2, cx + width / 2, cy + height / 2)
        checked = [*values[:2], abs(width), abs(height)]
    elif len(values) >= 6 and len(values) % 2 == 0:
        xs, ys = values[::2], values[1::2]
        corners = (min(xs), min(ys), max(xs), max(ys))
        checked = values
    else:
        raise ValueError("neither a box nor an outline")
    # Rounding in the tools that write labels leaves values a little outside. What is no number, and a negative side,
    # is told of all boxes together.
    if not all(-0.01 <= value <= 1.01 or not isfinite(value) for value in checked):
        raise ValueError("outside 0..1")
    return corners

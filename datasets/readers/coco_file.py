"""One COCO annotation file: its pictures and the boxes of the wanted classes, whatever way they are written."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError
from lotwise.datasets.image_header import MAX_PIXELS, Size

LISTS = ("images", "annotations", "categories")


@dataclass(frozen=True)
class CocoImage:
    """A picture as an annotation file lists it.

    Attributes:
        name: ``file_name`` with ``/`` between folders.
        size: width and height that the file gives, on which its boxes are drawn; None where it gives none.
        camera: field ``camera``; None where there is none.
        boxes: (N, 4) float64 xyxy in pixels of that size, as written: they may be flawed.
        ignore: (N,) bool; ``iscrowd`` or ``ignore``.
    """

    name: str
    size: Size | None
    camera: str | None
    boxes: NDArray[np.float64]
    ignore: NDArray[np.bool_]


@dataclass(frozen=True)
class CocoFile:
    """What an annotation file holds of the wanted classes.

    Attributes:
        images: by name, in the file's order.
        without_box: how many annotations have neither a box nor an outline that could be read.
        others: names of the categories that are left out.
    """

    images: Mapping[str, CocoImage]
    without_box: int
    others: tuple[str, ...]


class NoVehicles(InputError):
    """An annotation file without any category of the wanted names."""


def is_coco(path: Path) -> bool:
    """Whether a JSON file is one of pictures and annotations at all."""
    try:
        content = _json(path)
    except InputError:
        return False
    return isinstance(content, dict) and all(isinstance(content.get(key), list) for key in LISTS)


def read_coco_file(path: Path, classes: Collection[str]) -> CocoFile:
    """Read an annotation file.

    A byte order mark, back slashes in names, numbers written as text, and a segmentation in place of a missing box are
    understood.

    Args:
        path: the file.
        classes: names of the categories that are wanted, in any case.

    Raises:
        InputError: missing or broken JSON, an image listed twice, an annotation of an image that does not exist or
            with a broken box, or no category of the given names.
    """
    content = _json(path)
    if not isinstance(content, dict) or not all(isinstance(content.get(key), list) for key in LISTS):
        raise InputError(f"{path}: not COCO; expected the lists images, annotations and categories")
    kept, others = _categories(path, content["categories"], classes)
    boxes: dict[str, list[tuple[list[float], bool]]] = {}
    listed: dict[str, tuple[str, Size | None, str | None]] = {}
    names: set[str] = set()
    for image in content["images"]:
        if not isinstance(image, dict) or image.get("id") is None or not image.get("file_name"):
            raise InputError(f"{path}: an image lacks id or file_name: {json.dumps(image)[:80]}")
        name = plain_name(str(image["file_name"]))
        if name in names:
            raise InputError(f"{path}: image {name} is listed twice; keep one entry with all its annotations")
        names.add(name)
        camera = image.get("camera")
        listed[_key(image["id"])] = (name, _size(image), None if camera in (None, "") else str(camera))
        boxes[_key(image["id"])] = []
    without_box = 0
    for annotation in content["annotations"]:
        try:
            category, of_image = _key(annotation["category_id"]), boxes[_key(annotation["image_id"])]
            box = _box(annotation)
            ignore = _flag(annotation.get("iscrowd")) or _flag(annotation.get("ignore"))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            raise InputError(
                f"{path}: an annotation lacks a known image_id, a category_id or a bbox of four numbers: "
                f"{json.dumps(annotation)[:80]}"
            ) from None
        if category not in kept:
            continue
        if box is None:
            without_box += 1
        else:
            of_image.append((box, ignore))
    images = {
        name: CocoImage(
            name, size, camera,
            np.array([box for box, _ in boxes[key]], np.float64).reshape(-1, 4),
            np.array([ignore for _, ignore in boxes[key]], np.bool_),
        )
        for key, (name, size, camera) in listed.items()
    }  # fmt: skip
    return CocoFile(images, without_box, others)


def plain_name(name: str) -> str:
    """A file's name with ``/`` between folders, and nothing before the first.

    >>> plain_name(".\\\\entrance\\\\a.jpg"), plain_name("/data/entrance/a.jpg")
    ('entrance/a.jpg', 'data/entrance/a.jpg')
    """
    return name.replace("\\", "/").removeprefix("./").lstrip("/")


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a COCO JSON file") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not JSON ({error}); expected a COCO annotation file") from error


def _categories(path: Path, categories: list[Any], classes: Collection[str]) -> tuple[set[str], tuple[str, ...]]:
    wanted = {name.lower() for name in classes}
    names = {_key(one.get("id")): str(one.get("name", "")).strip() for one in categories if isinstance(one, dict)}
    kept = {number for number, name in names.items() if name.lower() in wanted}
    if not kept:
        there = ", ".join(names.values()) or "none"
        raise NoVehicles(f"{path}: no category is named {', '.join(classes)}; it has {there}; name the right ones")
    return kept, tuple(name for number, name in names.items() if number not in kept)


def _key(number: object) -> str:
    """An id, the same whether it is written as 7, 7.0 or "7"."""
    return str(int(number)) if isinstance(number, float) and number.is_integer() else str(number).strip()


def _size(image: Mapping[str, Any]) -> Size | None:
    with suppress(KeyError, TypeError, ValueError, OverflowError):
        width, height = round(float(image["width"])), round(float(image["height"]))
        return (width, height) if width > 0 and height > 0 else None
    return None


def _flag(value: object) -> bool:
    """Whether a flag is set, also where it is written as text: "0" is not."""
    return str(value).strip().lower() in ("1", "1.0", "true")


def _box(annotation: Mapping[str, Any]) -> list[float] | None:
    """xyxy of the box, else of the outline; None where there is neither."""
    if annotation.get("bbox"):
        x, y, width, height = (float(value) for value in annotation["bbox"])
        return [x, y, x + width, y + height]
    outline = annotation.get("segmentation")
    if isinstance(outline, dict):
        return _box_of_mask(outline)
    if not outline:
        return None
    rings = outline if isinstance(outline[0], list) else [outline]
    points = np.array([float(value) for ring in rings for value in ring]).reshape(-1, 2)
    return [*points.min(0).tolist(), *points.max(0).tolist()]


def _box_of_mask(mask: Mapping[str, Any]) -> list[float] | None:
    """xyxy of a run-length mask: runs of 0 and 1 in turn, down the columns; None of a compressed or empty one."""
    counts = mask.get("counts")
    if not isinstance(counts, list):
        return None
    height, width = (int(side) for side in mask["size"])
    runs = np.array(counts, np.int64)
    if (runs < 0).any() or not height * width == runs.sum() <= MAX_PIXELS:
        raise ValueError("the runs do not make up the mask")
    pixels = np.repeat(np.arange(len(runs)) % 2, runs)[: height * width]
    columns, rows = np.divmod(np.flatnonzero(pixels), height)
    if not len(rows):
        return None
    return [float(columns.min()), float(rows.min()), float(columns.max()) + 1, float(rows.max()) + 1]


def flaws_of(file: CocoFile) -> Counter[str]:
    """What of the file could not be read at all, as :func:`flaw_notes` takes it."""
    return Counter({"neither four numbers nor an outline": file.without_box}) if file.without_box else Counter()

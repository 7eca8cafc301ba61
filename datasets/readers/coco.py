"""COCO JSON: vehicle boxes read as truth."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Frame, Truth, VehicleTruth
from lotwise.datasets.image_files import image_files
from lotwise.datasets.readers.camera_id import camera_of, select_cameras
from lotwise.datasets.timestamps import parse_time
from lotwise.datasets.vehicles import VEHICLE_CLASSES


def read_coco(
    root: Path,
    annotations: Path | None = None,
    cameras: Sequence[str] | None = None,
    classes: Collection[str] = VEHICLE_CLASSES,
) -> Dataset:
    """Images of a COCO annotation file with the boxes of the given classes.

    The camera of an image is its field ``camera`` where it has one, else the folder that it lies in. The name
    of a frame is the image's ``file_name`` as the file writes it.

    Args:
        root: folder of the images; a ``file_name`` is looked for below it and beside the annotation file.
        annotations: COCO JSON; None where the root (or its ``annotations`` folder) holds exactly one.
        cameras: ids; None for all.
        classes: names of the categories that count as vehicles, in any case.

    Raises:
        InputError: no images or annotations, an asked camera without frames, broken JSON.
    """
    source = annotations or _only_annotations(root)
    content = _load(source)
    files = {path.relative_to(root).as_posix(): path for path in image_files(root)}
    by_tail = _by_tail(files)
    listed: dict[str, Frame] = {}
    absent = 0
    for image in content["images"]:
        name = str(image["file_name"])
        if name in listed:
            raise InputError(f"{source}: image {name} is listed twice; keep one entry with all its annotations")
        path = files.get(name) or by_tail.get(PurePosixPath(name).name)
        if path is None:
            absent += 1
            continue
        camera = str(image.get("camera") or camera_of(path.relative_to(root), root))
        listed[name] = Frame(camera, name, path, parse_time(path.relative_to(root)))
    if not listed:
        raise InputError(f"{source}: none of its {len(content['images'])} images lie below {root}; give their folder")
    frames = select_cameras(listed.values(), cameras, root)
    vehicles = _vehicles(source, content, {frame.name for frame in frames}, classes)
    notes = [f"{absent} images of {source.name} were skipped: their files are not here"] if absent else []
    truth = {name: Truth(vehicles=boxes) for name, boxes in vehicles.items()}
    return Dataset("coco", root, frames, truth=truth, notes=tuple(notes))


def vehicle_truth_from_coco(
    path: Path, file_names: Iterable[str], classes: Collection[str] = VEHICLE_CLASSES
) -> dict[str, VehicleTruth]:
    """Vehicle boxes of those of the named files that the annotation file lists; ``iscrowd`` becomes ignore.

    A listed image without boxes has none; an image that is not listed is left out, for nobody looked at it.

    Raises:
        InputError: missing or broken JSON, an annotation of an image or category that does not exist, or no
            category of the given names.
    """
    return _vehicles(path, _load(path), set(file_names), classes)


def _only_annotations(root: Path) -> Path:
    files = [path for folder in (root, root / "annotations") for path in sorted(folder.glob("*.json"))]
    if len(files) != 1:
        names = ", ".join(path.name for path in files) or "none"
        raise InputError(f"{root}: expected one COCO .json there or in annotations/, found {names}; name the file")
    return files[0]


def _load(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a COCO JSON file") from error
    except ValueError as error:
        raise InputError(f"{path}: not JSON ({error}); expected a COCO annotation file") from error
    lists = ("images", "annotations", "categories")
    if not isinstance(content, dict) or not all(isinstance(content.get(key), list) for key in lists):
        raise InputError(f"{path}: not COCO; expected the lists images, annotations and categories")
    for image in content["images"]:
        if not isinstance(image, dict) or not {"id", "file_name"} <= image.keys():
            raise InputError(f"{path}: an image lacks id or file_name: {json.dumps(image)[:80]}")
    return content


def _vehicles(
    path: Path, content: dict[str, Any], names: Collection[str], classes: Collection[str]
) -> dict[str, VehicleTruth]:
    """Truth by file name, for the listed images among ``names``."""
    wanted = {name.lower() for name in classes}
    names_of = {category.get("id"): str(category.get("name", "")) for category in content["categories"]}
    kept = {number for number, name in names_of.items() if name.lower() in wanted}
    if not kept:
        there = ", ".join(names_of.values()) or "none"
        raise InputError(f"{path}: no category is named {', '.join(classes)}; it has {there}; name the right ones")
    file_of = {image["id"]: str(image["file_name"]) for image in content["images"]}
    boxes: dict[str, list[list[float]]] = {name: [] for name in file_of.values() if name in names}
    crowd: dict[str, list[bool]] = {name: [] for name in boxes}
    for annotation in content["annotations"]:
        try:
            category, name = annotation["category_id"], file_of[annotation["image_id"]]
            x, y, width, height = map(float, annotation["bbox"])
            ignore = bool(annotation.get("iscrowd", 0))
        except (AttributeError, KeyError, TypeError, ValueError):
            raise InputError(
                f"{path}: an annotation lacks a known image_id, a category_id or a bbox of four numbers: "
                f"{json.dumps(annotation)[:80]}"
            ) from None
        if category in kept and name in boxes:
            boxes[name].append([x, y, x + width, y + height])
            crowd[name].append(ignore)
    return {
        name: VehicleTruth(np.array(found, np.float32).reshape(-1, 4), np.array(crowd[name], np.bool_))
        for name, found in boxes.items()
    }


def _by_tail(files: dict[str, Path]) -> dict[str, Path]:
    """Files by their bare name, for annotation files that leave folders out; only names that occur once."""
    tails = Counter(path.name for path in files.values())
    return {path.name: path for path in files.values() if tails[path.name] == 1}

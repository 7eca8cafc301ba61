"""Which class numbers of YOLO labels are vehicles, from wherever the tool that wrote them left the names."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lotwise.datasets.errors import InputError
from lotwise.datasets.vehicles import VEHICLE_CLASSES

COCO_VEHICLE_IDS = frozenset({2, 5, 7})
"""car, bus and truck among the 80 classes of COCO."""

NAME_LISTS = (
    "obj.names",  # CVAT, Darknet
    "classes.txt",  # LabelImg, Label Studio, makesense
    "classes.names",
    "_darknet.labels",  # Roboflow
    "darknet.labels",
    "coco.names",
    "labels.txt",
    "names.txt",
    "predefined_classes.txt",
)
"""Files that hold one class name a line."""
LABEL_STUDIO = "notes.json"
"""File that holds ``{"categories": [{"id": 0, "name": "car"}, …]}``."""
_TOLD = 6
"""Class names that a note lists before it only counts the others."""


@dataclass(frozen=True)
class LabelClasses:
    """What is known of the classes of a YOLO folder.

    Attributes:
        vehicle_ids: numbers of the classes that are vehicles.
        root: folder of the images; a data YAML may name another one.
        notes: what a user should know of it.
        keypoints: whether lines carry points behind the box.
    """

    vehicle_ids: frozenset[int]
    root: Path
    notes: tuple[str, ...] = ()
    keypoints: bool = False


def label_classes(root: Path) -> LabelClasses:
    """The classes of a YOLO folder.

    Names come from a data YAML in the folder, else from one of :data:`NAME_LISTS` or :data:`LABEL_STUDIO` in the
    folder or one or two levels below it. Without any, numbers are taken for those of COCO, and a note says so.

    Args:
        root: the folder, or the file in it that names the classes.

    Raises:
        InputError: the file cannot be read, names no vehicle, or contradicts another one of its kind.
    """
    given = root if root.is_file() else None
    root = root.parent if given else root
    sources = [given] if given else _sources(root)
    if not sources:
        return LabelClasses(
            COCO_VEHICLE_IDS,
            root,
            ("no class names found (data.yaml, classes.txt, obj.names, …): class numbers are taken for COCO's",),
        )
    named = [(source, _read(source)) for source in sources]
    named = [(source, content) for source, content in named if content.names or given]
    if not named:
        return LabelClasses(
            COCO_VEHICLE_IDS, root, (f"{sources[0].name} names no classes: their numbers are taken for COCO's",)
        )
    first, content = named[0]
    for other, differing in named[1:]:
        if differing.names != content.names:
            raise InputError(
                f"{other}: names other classes than {first}; delete the wrong one, or give the right one as --root"
            )
    if not content.names:
        return LabelClasses(COCO_VEHICLE_IDS, root, (f"{first.name} names no classes: COCO's numbers are assumed",))
    wanted = {number: name for number, name in content.names.items() if name.lower() in VEHICLE_CLASSES}
    if not wanted:
        there = ", ".join(content.names.values())
        raise InputError(
            f"{first}: no class is named {', '.join(VEHICLE_CLASSES)}; it has {there}; rename the vehicles"
        )
    others = [name for number, name in content.names.items() if number not in wanted]
    notes = (f"{first.name}: vehicles are {_listed(wanted.values())}; left out: {_listed(others)}",) if others else ()
    return LabelClasses(frozenset(wanted), content.folder or root, notes, content.keypoints)


@dataclass(frozen=True)
class _Content:
    """Class names by number, the folder of the images where a file names one, and whether there are keypoints."""

    names: dict[int, str]
    folder: Path | None = None
    keypoints: bool = False


def _sources(root: Path) -> list[Path]:
    """Files that may name the classes: all of the kind that stands first."""
    yamls = sorted(path for ending in ("*.yaml", "*.yml") for path in root.glob(ending))
    with_names = [path for path in yamls if path.name in ("data.yaml", "dataset.yaml") or _has_names(path)]
    if with_names:
        return with_names
    folders = [root, *(folder for depth in ("*", "*/*") for folder in sorted(root.glob(depth)) if folder.is_dir())]
    lists = [folder / name for folder in folders for name in (*NAME_LISTS, LABEL_STUDIO)]
    # A picture labels.png beside its labels.txt makes that a label file.
    return [path for path in lists if path.is_file() and not path.with_suffix(".png").exists()]


def _has_names(path: Path) -> bool:
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, yaml.YAMLError):
        return False
    return isinstance(content, dict) and "names" in content


def _read(path: Path) -> _Content:
    try:
        if path.suffix.lower() in (".yaml", ".yml"):
            return _from_yaml(path, yaml.safe_load(path.read_text(encoding="utf-8-sig")))
        # Names in another encoding are told badly, but a car is a car in most of them.
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        if path.suffix.lower() == ".json":
            categories = json.loads(text)["categories"]
            return _Content({int(one["id"]): str(one["name"]).strip() for one in categories})
        if path.suffix.lower() == ".data":  # Darknet: names = data/obj.names
            told = dict(line.split("=", 1) for line in text.replace(" ", "").splitlines() if "=" in line)
            return _read(path.parent / Path(told["names"]).name)
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError) as error:
        kind = "YAML" if path.suffix.lower() in (".yaml", ".yml") else "a list of class names"
        raise InputError(f"{path}: not readable as {kind} ({' '.join(str(error).split())})") from error
    names = [line.strip() for line in text.splitlines()]
    while names and not names[-1]:
        names.pop()
    return _Content(dict(enumerate(names)))


def _from_yaml(path: Path, content: Any) -> _Content:
    told: dict[str, Any] = content if isinstance(content, dict) else {}
    names = told.get("names")
    named = dict(enumerate(names)) if isinstance(names, list) else names if names is not None else {}
    if not isinstance(named, dict) or not all(str(number).isdigit() for number in named):
        raise InputError(f"{path}: expected names as a list, or as a mapping from class number to name")
    elsewhere = path.parent / str(told.get("path") or ".")
    return _Content(
        {int(number): str(name).strip() for number, name in named.items()},
        elsewhere if elsewhere.is_dir() else path.parent,
        "kpt_shape" in told,
    )


def _listed(names: Iterable[str]) -> str:
    told = list(names)
    more = f" and {len(told) - _TOLD} more" if len(told) > _TOLD else ""
    return ", ".join(told[:_TOLD]) + more

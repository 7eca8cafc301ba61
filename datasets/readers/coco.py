"""COCO JSON: vehicle boxes read as truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Dataset, Frame, Truth, VehicleTruth
from lotwise.datasets.image_files import IMAGE_SUFFIXES, all_files, is_left_out, unread_notes, with_suffix
from lotwise.datasets.images import image_layout
from lotwise.datasets.readers.coco_file import (
    CocoFile,
    CocoImage,
    NoVehicles,
    flaws_of,
    is_coco,
    plain_name,
    read_coco_file,
)
from lotwise.datasets.readers.common.camera_id import camera_of, select_cameras
from lotwise.datasets.readers.common.date_order import in_date_order, untimed_notes
from lotwise.datasets.readers.common.drawn_size import Drawn, placed
from lotwise.datasets.readers.common.flawed_boxes import flaw_notes, usable
from lotwise.datasets.timestamps import parse_time
from lotwise.datasets.vehicles import VEHICLE_CLASSES

_MANY_FILES = 20
"""A folder of more JSON files than this holds one a picture, which is another format."""
_FEW_CLASSES = 12
"""Names of other classes that are told; more are those of COCO or another list of all kinds of things."""


def read_coco(
    root: Path,
    annotations: Path | None = None,
    cameras: Sequence[str] | None = None,
    classes: Collection[str] = VEHICLE_CLASSES,
) -> Dataset:
    """Images of COCO annotation files with the boxes of the given classes.

    The camera of an image is its field ``camera`` where it has one, else the folder that it lies in. The name
    of a frame is the image's ``file_name``; where several files are read together, its path below the root.
    Boxes are given on the picture as it is seen: where the file gives the size before an EXIF turn, or another
    scale, they are turned and scaled; where it gives another shape, the picture has no truth.

    Args:
        root: folder of the images, or an annotation file below or beside which they lie.
        annotations: COCO JSON; None for all that lie in the root, in a folder ``annotations``, or in a folder of
            the root, as ``train/_annotations.coco.json``.
        cameras: ids; None for all.
        classes: names of the categories that count as vehicles, in any case.

    Raises:
        InputError: no images or annotations, an asked camera without frames, broken JSON.
    """
    if root.is_file():
        annotations = root
        root = root.parent.parent if root.parent.name.lower() == "annotations" else root.parent
    sources, notes = ([annotations], []) if annotations else _annotation_files(root)
    files = all_files(root)
    known = _Pictures(root, with_suffix(files, IMAGE_SUFFIXES))
    together = len(sources) > 1
    frames: dict[str, Frame] = {}
    entries: dict[str, list[CocoImage]] = defaultdict(list)
    flaws: Counter[str] = Counter()
    for source in sources:
        try:
            content = read_coco_file(source, classes)
        except NoVehicles as error:
            if not together:
                raise
            notes.append(f"left out: {error}")
            continue
        flaws += flaws_of(content)
        absent = 0
        for image in content.images.values():
            path = known.find(image.name, source.parent)
            if path is None:
                absent += 1
                continue
            relative = path.relative_to(root)
            name = relative.as_posix() if together else image.name
            frames[name] = Frame(image.camera or camera_of(relative, root), name, path, parse_time(relative))
            entries[name].append(image)
        if absent == len(content.images) and not together:
            raise InputError(f"{source}: none of its {absent} images lie below {root}; give their folder")
        if absent:
            notes.append(f"{absent} images of {source.name} were skipped: their files are not here")
        notes += _class_notes(source, content)
    if not frames:
        names = ", ".join(source.name for source in sources)
        raise InputError(
            f"{root}: {names}: no vehicle in them, or none of their images lies below; name the right file"
        )
    pictures, order_notes = in_date_order(frames.values(), root)
    notes += order_notes
    chosen = select_cameras(pictures, cameras, root)
    notes += untimed_notes(chosen)
    drawn = _DrawnNotes()
    truth: dict[str, Truth] = {}
    for frame in chosen:
        vehicles = _truth(frame, entries[frame.name], drawn, flaws)
        if vehicles is not None:
            truth[frame.name] = Truth(vehicles=vehicles)
    notes += [*drawn.sentences(), *flaw_notes(flaws), *unread_notes(files)]
    return Dataset("coco", root, chosen, truth=truth, notes=tuple(notes))


def vehicle_truth_from_coco(
    path: Path, file_names: Iterable[str], classes: Collection[str] = VEHICLE_CLASSES
) -> tuple[dict[str, VehicleTruth], list[str]]:
    """Vehicle boxes of those of the named files that the annotation file lists, and notes on what was left out.

    A listed image without boxes has none; an image that is not listed is left out, for nobody looked at it. Boxes
    stay in pixels of the size that the file gives.

    Raises:
        InputError: missing or broken JSON, an annotation of an image or category that does not exist, or no
            category of the given names.
    """
    content = read_coco_file(path, classes)
    flaws = flaws_of(content)
    truth = {}
    for name in file_names:
        image = content.images.get(plain_name(name))
        if image is not None:
            keep, flawed = usable(image.boxes, image.ignore)
            flaws += flawed
            truth[name] = VehicleTruth(image.boxes[keep].astype(np.float32), image.ignore[keep])
    return truth, flaw_notes(flaws)


class _Pictures:
    """The picture files below a folder, found by the names that annotation files give them."""

    def __init__(self, root: Path, paths: Sequence[Path]) -> None:
        self._root = root
        self._paths = {path.relative_to(root).as_posix(): path for path in paths}
        self._tails: dict[str, list[Path]] = defaultdict(list)
        for path in paths:
            self._tails[path.name].append(path)

    def find(self, name: str, beside: Path) -> Path | None:
        """The file of a name: below the annotation file, below the root, else the one that shares most of the name."""
        if beside.is_relative_to(self._root):
            near = (beside.relative_to(self._root) / name).as_posix()
            if near in self._paths:
                return self._paths[near]
        if name in self._paths:
            return self._paths[name]
        wanted = PurePosixPath(name).parts[::-1]
        shared = [(_shared(wanted, path.parts[::-1]), path) for path in self._tails[wanted[0]]]
        most = max((count for count, _ in shared), default=0)
        best = [path for count, path in shared if count == most]
        return best[0] if len(best) == 1 else None


def _shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many parts are the same from the first on."""
    return next((k for k, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


@dataclass
class _DrawnNotes:
    """Counts the pictures whose boxes were not drawn on them as they are seen, with an example of each kind."""

    counts: Counter[Drawn] = field(default_factory=Counter)
    examples: dict[Drawn, str] = field(default_factory=dict)

    def add(self, kind: Drawn, example: str) -> None:
        self.counts[kind] += 1
        self.examples.setdefault(kind, example)

    def sentences(self) -> list[str]:
        said: Mapping[Drawn, str] = {
            "turned": "boxes were drawn before the picture's EXIF turn, and were turned with it",
            "scaled": "boxes were drawn on another scale, and were scaled",
            "unlike": "no truth, as their boxes were drawn on a picture of another shape",
            "turn unclear": "it is not told whether boxes were drawn before or after the picture's EXIF turn; taken "
            "as drawn after it",
        }
        return [
            f"{self.counts[kind]} images: {sentence} ({self.examples[kind]})"
            for kind, sentence in said.items()
            if self.counts[kind]
        ]


def _truth(frame: Frame, entries: Sequence[CocoImage], drawn: _DrawnNotes, flaws: Counter[str]) -> VehicleTruth | None:
    """Truth of a frame from all that annotation files say of it; None where it does not fit the picture."""
    try:
        seen, turn = image_layout(frame.path)
    except UnreadableImage:
        seen, turn = None, 1  # whoever loads the frame skips it and says so
    boxes, ignore = [], []
    for entry in entries:
        unread: tuple[NDArray[np.float64], Drawn] = (entry.boxes, "as seen")
        found, kind = unread if seen is None else placed(entry.boxes, entry.size, seen, turn)
        if kind != "as seen":
            given = "no size" if entry.size is None else f"{entry.size[0]} x {entry.size[1]}"
            shown = f" for {seen[0]} x {seen[1]}" if seen else ""
            drawn.add(kind, f"{frame.name}: {given} given{shown}")
        if kind == "unlike":
            return None
        boxes.append(found)
        ignore.append(entry.ignore)
    together, ignored = np.concatenate(boxes), np.concatenate(ignore)
    keep, flawed = usable(together, ignored, seen)
    flaws.update(flawed)
    return VehicleTruth(together[keep].astype(np.float32), ignored[keep])


def _annotation_files(root: Path) -> tuple[list[Path], list[str]]:
    """The COCO files of a folder, and notes on other JSON files there."""
    folders = [root, *sorted(path for path in root.glob("*") if path.is_dir() and not is_left_out(path.name))]
    files = []
    for folder in folders:
        inside = sorted(path for path in folder.glob("*.json") if not is_left_out(path.name))
        files += inside if len(inside) <= _MANY_FILES else []
    if len(files) == 1:
        return files, []
    found = [path for path in files if is_coco(path)]
    if not found:
        names = ", ".join(path.name for path in files) or "none"
        raise InputError(f"{root}: expected COCO .json files there or in annotations/, found {names}; name the file")
    others = [path.name for path in files if path not in found]
    return found, [f"{', '.join(others)}: no COCO annotation files, left out"] if others else []


def _class_notes(source: Path, content: CocoFile) -> list[str]:
    """Which classes do not count as vehicles, where that is not plainly a long list of all kinds of things."""
    if not 0 < len(content.others) <= _FEW_CLASSES:
        return []
    return [f"{source.name}: no vehicles are {', '.join(content.others)}"]

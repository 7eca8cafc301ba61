"""CNR-EXT (cnrpark.it) in its official layout, whole or partial: frames, slots and labels of nine cameras."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Frame, Slot, SlotState, Truth, VehicleTruth
from lotwise.datasets.readers.coco import vehicle_truth_from_coco
from lotwise.datasets.readers.common.camera_id import numbered, select_cameras
from lotwise.datasets.timestamps import parse_time

FRAMES = "FULL_IMAGE_1000x750"
TABLE = "CNRPark+EXT.csv"
SLOT_HEADER = ["SlotId", "X", "Y", "W", "H"]
SLOT_FILE_SIZE = (2592, 1944)
"""Width and height of the original images, in whose pixels the slot files are written."""

_LIST_LINE = re.compile(
    r"^(?:[^\n]*/)?(?:[SOR]_(\d{4}-\d\d-\d\d_\d\d\.\d\d)_C0(\d)_(\d+)|\d{8}_\d{4}_\d+)\.jpg ([01])[ \t]*$",
    re.MULTILINE,
)
_STATES: dict[str, SlotState] = {"0": "free", "1": "occupied"}

Label = tuple[str, str, str, SlotState]
"""Camera id, time as YYYY-MM-DD_HHMM, slot id, state."""


def read_cnr_ext(root: Path, cameras: Sequence[str] | None = None) -> Dataset:
    """Frames of CNR-EXT with slots, slot labels and, where ``vehicles.json`` lies beside them, vehicle boxes.

    Args:
        root: folder that holds ``FULL_IMAGE_1000x750``; the slot files ``camera<N>.csv`` lie in it or in
            ``FULL_IMAGE_1000x750``, the labels in ``LABELS/*.txt`` or ``CNRPark+EXT.csv`` or both.
        cameras: ids such as ``C1`` or ``1``; None for all.

    Raises:
        InputError: no frames, an asked camera without frames, or a slot, label or box file that is broken.
    """
    if root.name == FRAMES and not (root / FRAMES).is_dir():
        root = root.parent
    found, unnamed = _frames(root)
    if not found:
        raise InputError(
            f"{root}: no CNR-EXT frames; expected {FRAMES}/<WEATHER>/<date>/camera<N>/<date>_<HHMM>.jpg in it"
        )
    frames = select_cameras(found, numbered(cameras), root)
    present = tuple(dict.fromkeys(frame.camera for frame in frames))
    notes = [f"{unnamed} files were skipped: their names carry no date and time"] if unnamed else []

    slots: dict[str, tuple[Slot, ...]] = {}
    for camera in present:
        path = _slot_file(root, camera)
        slots[camera] = () if path is None else read_slots(path)
        if path is None:
            notes.append(f"camera{camera[1:]}.csv is missing in {root}: {camera} has no slots")
    states = _states(root, frames, slots, cameras is not None, notes)

    boxes_file = root / "vehicles.json"
    vehicles: dict[str, VehicleTruth] = {}
    if boxes_file.is_file():
        vehicles, left_out = vehicle_truth_from_coco(boxes_file, [frame.name for frame in found])
        notes += left_out
    truth = {
        frame.name: Truth(vehicles=vehicles.get(frame.name), slots=states.get(frame.name))
        for frame in frames
        if frame.name in vehicles or frame.name in states
    }
    return Dataset("cnr-ext", root, frames, slots, truth, tuple(notes))


def read_slots(path: Path) -> tuple[Slot, ...]:
    """Slots of one camera from the official ``camera<N>.csv``, as rectangles normalised to 0..1.

    Raises:
        InputError: wrong header, or a row that is no slot.
    """
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        return slots_of(file, str(path))


def slots_of(lines: Iterable[str], origin: str) -> tuple[Slot, ...]:
    """As :func:`read_slots`, of the lines of a file that is read already; ``origin`` names it in errors."""
    rows = list(csv.reader(lines))
    if not rows or [cell.strip() for cell in rows[0]] != SLOT_HEADER:
        raise InputError(f"{origin}: expected the header {','.join(SLOT_HEADER)} in line 1; use the official slot file")
    slots: dict[str, Slot] = {}
    for number, row in enumerate(rows[1:], start=2):
        if not row:
            continue
        try:
            slot_id, (x, y, width, height) = row[0].strip(), map(float, row[1:])
        except (ValueError, IndexError):
            raise InputError(f"{origin}:{number}: expected SlotId,X,Y,W,H with numbers, got {','.join(row)}") from None
        if slot_id in slots or not slot_id or width <= 0 or height <= 0:
            raise InputError(
                f"{origin}:{number}: slot {slot_id!r} is named twice, unnamed or has no area; mend the row"
            )
        corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
        slots[slot_id] = Slot(slot_id, (corners / SLOT_FILE_SIZE).astype(np.float32))
    return tuple(slots.values())


def _frames(root: Path) -> tuple[list[Frame], int]:
    """All frames, and how many images carry no time in their name."""
    frames, unnamed = [], 0
    for path in (root / FRAMES).glob("*/*/camera*/*.jpg"):
        if path.name.startswith("."):
            continue
        taken = parse_time(path.name)
        if taken is None:
            unnamed += 1
        else:
            camera = "C" + path.parent.name.removeprefix("camera")
            frames.append(Frame(camera, path.relative_to(root).as_posix(), path, taken))
    return frames, unnamed


def _slot_file(root: Path, camera: str) -> Path | None:
    name = f"camera{camera[1:]}.csv"
    return next((path for path in (root / name, root / FRAMES / name) if path.is_file()), None)


def _states(
    root: Path,
    frames: Iterable[Frame],
    slots: dict[str, tuple[Slot, ...]],
    only_asked: bool,
    notes: list[str],
) -> dict[str, dict[str, SlotState]]:
    """Slot states by frame name; what has no place is counted into the notes."""
    by_moment = {(f.camera, f"{f.taken:%Y-%m-%d_%H%M}"): f.name for f in frames}
    known = {camera: {slot.id for slot in of_camera} for camera, of_camera in slots.items()}
    states: dict[str, dict[str, SlotState]] = {}
    count: Counter[str] = Counter()
    for camera, moment, slot, state in _labels(root, slots if only_asked else None, count):
        name = by_moment.get((camera, moment))
        if name is None:
            count["absent"] += 1
        elif slot not in known[camera]:
            count["unknown slot"] += 1
        elif states.setdefault(name, {}).setdefault(slot, state) != state:
            count["contradiction"] += 1
    unlabelled = len(by_moment) - len(states)
    for number, sentence in (
        (count["absent"], "labels were skipped: their frames are not here"),
        (count["unknown slot"], "labels were skipped: their slots are not in the camera's slot file"),
        (
            count["contradiction"],
            "labels were skipped: they contradict an earlier label of the same slot and frame",
        ),
        (count["cnrpark"], "labels were skipped: they belong to CNRPark (cameras A and B), not to CNR-EXT"),
        (unlabelled, "frames have no slot labels"),
    ):
        if number:
            notes.append(f"{number} {sentence}")
    return states


def _labels(root: Path, asked: Iterable[str] | None, count: Counter[str]) -> Iterator[Label]:
    """Each label of the lists, then those that only the table holds; of all cameras where none is asked."""
    wanted = None if asked is None else set(asked)
    seen: set[Label] = set()
    lists = [path for path in sorted((root / "LABELS").glob("*.txt")) if not path.name.startswith(".")]
    tables = [path for path in (root / TABLE, root / "LABELS" / TABLE) if path.is_file()]
    # The official folder also holds lists of splits and weathers, which repeat the labels of the cameras.
    repeated = len(lists) + len(tables) > 1
    for path in (*lists, *tables):
        listed = re.fullmatch(r"camera(\d)", path.stem)
        if wanted is not None and listed and f"C{listed.group(1)}" not in wanted:
            continue
        for label in _list_labels(path, count) if path.suffix == ".txt" else _table_labels(path, count):
            if wanted is not None and label[0] not in wanted:
                continue
            if repeated:
                if label in seen:
                    continue
                seen.add(label)
            yield label


def _list_labels(path: Path, count: Counter[str]) -> Iterator[Label]:
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    lines = 0
    for time, camera, slot, state in _LIST_LINE.findall(text):
        lines += 1
        if camera:
            yield f"C{camera}", time.replace(".", ""), slot, _STATES[state]
        else:
            count["cnrpark"] += 1
    if lines != text.count("\n") + (not text.endswith("\n")):
        for number, line in enumerate(text.split("\n"), start=1):
            if line.strip() and not _LIST_LINE.match(line):
                raise InputError(
                    f"{path}:{number}: not a label; expected <W>_<date>_<HH.MM>_C0<N>_<slot>.jpg and 0 or 1, "
                    f"got {line[:80]!r}"
                )


def _table_labels(path: Path, count: Counter[str]) -> Iterator[Label]:
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        try:
            columns = [header.index(name) for name in ("camera", "datetime", "slot_id", "occupancy")]
        except ValueError:
            raise InputError(
                f"{path}: expected the columns camera, datetime, slot_id and occupancy in line 1; "
                f"use the official {TABLE}"
            ) from None
        camera_at, time_at, slot_at, state_at = columns
        for row in rows:
            if not row:
                continue
            try:
                camera, time, slot, state = row[camera_at], row[time_at], row[slot_at], _STATES[row[state_at]]
                if camera in ("A", "B"):
                    count["cnrpark"] += 1
                    continue
                yield f"C{int(camera)}", time.replace(".", ""), slot, state
            except (IndexError, KeyError, ValueError):
                raise InputError(
                    f"{path}:{rows.line_num}: not a label; expected camera, datetime, slot_id, occupancy, "
                    f"got {','.join(row)[:80]!r}"
                ) from None

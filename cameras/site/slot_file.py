"""A camera's slots in a file: read from our JSON, that of Ultralytics' picker, a CSV of CNR-EXT or an XML of PKLot,
checked, and written as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from lotwise.cameras.site.mistakes import first_mistake
from lotwise.cameras.site.slot_check import IN_PIXELS, drawn_wrong, first_wrong_slot, reaches_far
from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.datasets.image_files import IMAGE_SUFFIXES
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.cnr_ext import SLOT_FILE_SIZE, read_slots
from lotwise.datasets.readers.pklot import read_spaces
from lotwise.datasets.whole_file import write_whole

PKLOT_SIZE = (1280, 720)
"""Width and height of all frames of PKLot, in whose pixels its polygons are drawn."""

_FORM = "[{id, polygon: [[x, y], …]}, …] with x, y in 0..1 of the frame"
_CONVERT = "; run lotwise slots convert with --size WIDTHxHEIGHT of the frame, or --size 100x100 for percent"
_MIN_FRAME_FOR_PERCENT_PX = 200
"""Shorter side of a frame from which on slots that all lie within its first 100 pixels are no slots in pixels."""


def read_slot_file(path: Path) -> tuple[Slot, ...]:
    """Slots from a file that says itself how its corners are meant.

    JSON ``[{"id", "polygon": [[x, y], …]}, …]``, or ``[{"points": [[x, y], …]}, …]`` of Ultralytics' picker, both
    normalised to 0..1, with corners ``{"x", "y"}`` and numbers as ids too; a CNR-EXT CSV; a PKLot XML.

    Entries of ours that nobody accepted yet are no slots; :func:`read_slot_entries` reads them too.

    Raises:
        InputError: no such file, not of that form, or a slot that is no place in the frame.
    """
    return import_slots(path)


def import_slots(path: Path, size: tuple[int, int] | None = None) -> tuple[Slot, ...]:
    """The accepted slots of a file, as :func:`read_slot_entries` reads it; the same errors."""
    return accepted_slots(read_slot_entries(path, size))


def accepted_slots(entries: Iterable[SlotEntry]) -> tuple[Slot, ...]:
    """Those that are slots for a node, a training or a report."""
    return tuple(entry.slot() for entry in entries if entry.status == "accepted")


def read_slot_entries(path: Path, size: tuple[int, int] | None = None) -> tuple[SlotEntry, ...]:
    """All entries of a file of ours or of a public dataset, accepted or only proposed.

    Args:
        path: ``.csv`` of CNR-EXT, ``.xml`` of PKLot, anything else is JSON.
        size: width and height of the frame in whose pixels the polygons are drawn. Where None: JSON, ours or that of
            Ultralytics' picker, is normalised already; a CSV is in pixels of CNR-EXT's originals (2592x1944); an XML is
            in pixels of the image of the same name beside it, without one in those of PKLot (1280x720).

    Raises:
        InputError: no such file, not of its form, or a slot with too few corners, outside of the frame, drawn across
            itself, without area or named twice.
    """
    try:
        match path.suffix.lower():
            case ".csv":
                scale = np.divide(SLOT_FILE_SIZE, size or SLOT_FILE_SIZE)
                entries = [_entry(slot.id, slot.polygon * scale) for slot in read_slots(path)]
            case ".xml":
                drawn = np.array(size or _pictured_size(path) or PKLOT_SIZE)
                entries = [_entry(name, corners / drawn) for name, corners, _ in read_spaces(path)]
            case _:
                entries = _json_entries(path, size)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a slot file") from error
    wrong = first_wrong_slot(((entry.id, entry.slot().polygon) for entry in entries), drawn_wrong)
    if wrong is not None:
        name, why = wrong
        if why == IN_PIXELS and size is not None:
            why = (
                f"a corner lies far outside of the frame, which was given as {size[0]}x{size[1]}; "
                "draw it again, or give the size of the frame that it was drawn on"
            )
        raise InputError(f"{path}: slot {name}: {why}{_CONVERT if why == IN_PIXELS else ''}")
    return tuple(entries)


def write_slot_file(path: Path, slots: tuple[Slot, ...]) -> None:
    """Write slots as the JSON that :func:`read_slot_file` reads, one slot a line.

    Raises:
        InputError: the file cannot be written.
    """
    write_slot_entries(path, tuple(SlotEntry.of(slot) for slot in slots))


def write_slot_entries(path: Path, entries: tuple[SlotEntry, ...]) -> None:
    """Write entries as the JSON that :func:`read_slot_entries` reads, one a line; what says nothing is left out.

    Raises:
        InputError: the file cannot be written.
    """
    lines = [
        json.dumps(
            {"id": entry.id, "polygon": [[round(x, 6), round(y, 6)] for x, y in entry.polygon]}
            | entry.model_dump(exclude={"id", "polygon"}, exclude_defaults=True, exclude_none=True)
        )
        for entry in entries
    ]
    try:
        write_whole(path, ("[\n" + ",\n".join(lines) + "\n]\n").encode())
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); give another file") from error


def _entry(name: str, polygon: NDArray[np.floating]) -> SlotEntry:
    return SlotEntry.of(Slot(name, polygon.astype(np.float32)))


def _json_entries(path: Path, size: tuple[int, int] | None) -> list[SlotEntry]:
    entries: list[SlotEntry] = []
    try:
        given = json.loads(path.read_bytes())
    except ValueError as error:  # no UTF-8 or no JSON
        raise InputError(f"{path}: not a list of slots (not JSON: {error}); expected {_FORM}") from error
    if not isinstance(given, list):
        raise InputError(f"{path}: not a list of slots; expected {_FORM}")
    for number, one in enumerate(given, start=1):
        one = _in_our_form(one, number)
        try:
            entries.append(SlotEntry.model_validate(one))
        except ValidationError as error:
            mistake = first_mistake(error, SlotEntry)
            place = ".".join(map(str, (f"entry {number}", *mistake.place)))
            raise InputError(f"{path}: not a list of slots ({place}: {mistake.why}); expected {_FORM}") from error
    polygons = [entry.slot().polygon for entry in entries]
    if size is not None and any(reaches_far(polygon) for polygon in polygons):
        if min(size) > _MIN_FRAME_FOR_PERCENT_PX and all(polygon.max() <= 100 for polygon in polygons):
            raise InputError(
                f"{path}: all corners lie within 100 of a frame of {size[0]}x{size[1]}, so they look like percent; "
                "give --size 100x100 to read them so"
            )
        return [
            entry.model_copy(update={"polygon": tuple((x / size[0], y / size[1]) for x, y in entry.polygon)})
            for entry in entries
        ]
    return entries


def _in_our_form(entry: object, number: int) -> object:
    """An entry of Ultralytics' picker (``points``, corners as pairs or objects), or with a number as id, as ours."""
    if not isinstance(entry, dict):
        return entry
    entry = dict(entry)
    if "points" in entry and "polygon" not in entry:
        entry["polygon"] = entry.pop("points")
        entry.setdefault("id", str(number))
    if isinstance(entry.get("id"), int) and not isinstance(entry["id"], bool):
        entry["id"] = str(entry["id"])
    if isinstance(entry.get("polygon"), list):
        entry["polygon"] = [
            [corner["x"], corner["y"]] if isinstance(corner, dict) and set(corner) == {"x", "y"} else corner
            for corner in entry["polygon"]
        ]
    return entry


def _pictured_size(path: Path) -> tuple[int, int] | None:
    """Width and height of the image of the same name beside a file."""
    beside = (path.with_suffix(suffix) for suffix in IMAGE_SUFFIXES)
    return next((image_size(image) for image in beside if image.is_file()), None)

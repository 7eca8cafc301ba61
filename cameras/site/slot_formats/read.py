"""Slots from a file of any known format, checked and in 0..1 of the frame."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.site.slot_check import IN_PIXELS, drawn_wrong, first_wrong_slot
from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.slot_formats import lotwise
from lotwise.cameras.site.slot_formats.drawing import Drawing, SlotFormat, ids_of
from lotwise.cameras.site.slot_formats.formats import format_of
from lotwise.cameras.site.slot_formats.given_file import MAX_BYTES, GivenFile, Hints
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.datasets.image_header import Size

_MIN_FRAME_FOR_PERCENT_PX = 200
"""Shorter side of a frame from which on slots that all lie within its first 100 pixels are no slots in pixels."""
_BEYOND = 0.05
"""Share of the picture by which slots that its border cuts may reach beyond it. Chosen; the files of CNR-EXT and PKLot
stay within 0.02."""
_SMALL_CANVAS = 0.7
"""Share of the picture's width and height within which all slots lie where they were probably drawn on a smaller
canvas: 1080x600 of a picture of 1920x1200 is 0.56 by 0.5. Chosen."""


@dataclass(frozen=True)
class ReadSlots:
    """Slots of a file.

    Attributes:
        entries: all that the file has, in 0..1 of the frame; in a file of ours also what is only proposed.
        size: width and height of the picture that they were drawn on, where it is known.
        notes: what the user should know: what was left out, what may be wrong.
    """

    entries: tuple[SlotEntry, ...]
    format: SlotFormat
    size: Size | None
    notes: tuple[str, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Those that are slots for a node, a training or a report."""
        return tuple(entry.slot() for entry in self.entries if entry.status == "accepted")


def read_slots(path: Path, hints: Hints | None = None, kind: SlotFormat | None = None) -> ReadSlots:
    """As :func:`slots_from_bytes`, of a file on this machine.

    Raises:
        InputError: no such file, or what :func:`slots_from_bytes` refuses.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: {path.stat().st_size // 1_000_000} MB are no slot file; give another file")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a slot file") from error
    return _slots(GivenFile(str(path), data, hints or Hints(), path), kind)


def slots_from_bytes(name: str, data: bytes, hints: Hints | None = None, kind: SlotFormat | None = None) -> ReadSlots:
    """Slots of a file that somebody sent, such as to the editor; nothing but its bytes is looked at.

    Args:
        name: names it in errors.
        data: the whole file.
        hints: what the file may not say itself; the editor gives the size of the picture that it shows.
        kind: its format; None to recognise it.

    Raises:
        InputError: not of a known format, broken, in pixels of a picture whose size nobody tells, drawn on another
            canvas than the picture, or a slot with too few corners, drawn across itself, without area or named twice.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: {len(data) // 1_000_000} MB are no slot file; give another file")
    return _slots(GivenFile(name, data, hints or Hints()), kind)


def _slots(file: GivenFile, kind: SlotFormat | None) -> ReadSlots:
    kind = kind or format_of(file)
    try:
        drawing = kind.read(file)
    except (csv.Error, OverflowError) as error:
        raise InputError(f"{file.name}: a field or number in it is far too large ({error}); mend it") from error
    if not drawing.outlines and kind is not lotwise.FORMAT:
        raise InputError(f"{file.name}: no slot is drawn in it ({kind.title}); draw some, or give another file")
    ids, note = ids_of(drawing)
    outlines = [(name, _opened(outline.corners)) for name, outline in zip(ids, drawing.outlines, strict=True)]
    size = file.hints.canvas or drawing.size or file.hints.picture
    if drawing.in_pixels:
        scale = _size(file, drawing, outlines, size)
        outlines = [(name, corners / scale) for name, corners in outlines]
    polygons = [(name, corners.astype(np.float32)) for name, corners in outlines]
    wrong = first_wrong_slot(polygons, drawn_wrong)
    if wrong is not None:
        raise InputError(f"{file.name}: slot {wrong[0]}: {wrong[1]}")
    entries = tuple(
        SlotEntry.of(Slot(name, polygon)) if drawn.entry is None else _redrawn(drawn.entry, polygon)
        for (name, polygon), drawn in zip(polygons, drawing.outlines, strict=True)
    )
    notes = [*drawing.notes, *([note] if note else []), *_small_canvas_notes(file, drawing, entries)]
    return ReadSlots(entries, kind, size, tuple(notes))


def _redrawn(entry: SlotEntry, polygon: NDArray[np.float32]) -> SlotEntry:
    """An entry with these corners (K, 2); the same entry where they are its own."""
    if np.array_equal(entry.slot().polygon, polygon):
        return entry
    return entry.model_copy(update={"polygon": SlotEntry.of(Slot(entry.id, polygon)).polygon})


def _opened(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners (K, 2) without a last one that only repeats the first, as some tools close an outline."""
    return corners[:-1] if len(corners) > 3 and (corners[0] == corners[-1]).all() else corners


def _size(
    file: GivenFile, drawing: Drawing, outlines: list[tuple[str, NDArray[np.float64]]], size: Size | None
) -> NDArray[np.int64]:
    """The size in whose pixels the corners are, if they can be in those."""
    if size is None:
        raise InputError(
            f"{file.name}: slot {outlines[0][0]}: {IN_PIXELS}; run lotwise slots convert with --canvas WIDTHxHEIGHT of "
            "the picture as it was drawn on, or --canvas 100x100 for percent"
        )
    if (
        not drawing.size
        and min(size) > _MIN_FRAME_FOR_PERCENT_PX
        and max(corners.max(initial=0.0) for _, corners in outlines) <= 100
    ):
        raise InputError(
            f"{file.name}: all corners lie within 100 of a frame of {size[0]}x{size[1]}, so they look like percent; "
            "give --canvas 100x100 to read them so"
        )
    for name, corners in outlines:
        outside = ((corners < -_BEYOND * np.array(size)) | (corners > (1 + _BEYOND) * np.array(size))).any(axis=1)
        if not np.isfinite(corners).all() or not outside.any():
            continue  # what is no number is told by the check of the slots
        x, y = corners[outside.argmax()].tolist()
        where = f"{file.name}: slot {name}: its corner at {x:g}, {y:g} lies outside of"
        if file.hints.canvas is not None:
            raise InputError(
                f"{where} the canvas, which was given as {size[0]}x{size[1]}; give the right one, or draw it again"
            )
        if drawing.size is not None:
            raise InputError(
                f"{where} its picture of {size[0]}x{size[1]}; draw it again, or give the size that it was drawn on "
                "with --canvas WIDTHxHEIGHT"
            )
        raise InputError(
            f"{where} the picture of {size[0]}x{size[1]}, so it was drawn on another canvas; "
            "give its size with --canvas WIDTHxHEIGHT"
        )
    return np.array(size)


def _small_canvas_notes(file: GivenFile, drawing: Drawing, entries: tuple[SlotEntry, ...]) -> list[str]:
    """A word of doubt where slots in pixels lie in one corner of a picture that the file does not name."""
    if not entries or not drawing.in_pixels or not drawing.size_unsure or file.hints.canvas is not None:
        return []
    reach = np.concatenate([entry.slot().polygon for entry in entries]).max(axis=0)
    if (reach > _SMALL_CANVAS).any():
        return []
    return [
        f"all slots lie in the left {reach[0]:.0%} and upper {reach[1]:.0%} of the picture; if that is wrong, they "
        "were drawn on a smaller canvas: give its size with --canvas WIDTHxHEIGHT"
    ]

"""The official ``camera<N>.csv`` of CNR-EXT: upright squares in pixels of the original pictures, 2592x1944."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.site.slot_formats.drawing import Drawing, Outline, Picture, SlotFormat, upright
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.datasets.readers.cnr_ext import SLOT_FILE_SIZE, SLOT_HEADER, slots_of


def recognises(file: GivenFile) -> bool:
    """Whether it begins with the official header."""
    line = file.start.partition(b"\n")[0].decode(errors="replace")
    return [cell.strip() for cell in line.split(",")] == SLOT_HEADER


def read(file: GivenFile) -> Drawing:
    """Slots by their official ids."""
    outlines = tuple(
        Outline(slot.id, slot.polygon.astype(np.float64) * SLOT_FILE_SIZE)
        for slot in slots_of(file.text.splitlines(), file.name)
    )
    return Drawing(outlines, in_pixels=True, size=SLOT_FILE_SIZE)


def write(slots: Sequence[Slot], picture: Picture) -> bytes:
    """Whole pixels of 2592x1944, whatever the picture's size.

    Raises:
        InputError: a slot is no upright rectangle.
    """
    lines = [",".join(SLOT_HEADER)]
    for slot in slots:
        box = upright(slot.polygon.astype(np.float64) * SLOT_FILE_SIZE, tolerance=1.0)
        if box is None:
            raise InputError(
                f"slot {slot.id} is no upright rectangle, and such a file holds nothing else; choose another --to"
            )
        x1, y1, x2, y2 = (round(value) for value in box)
        lines.append(f"{slot.id},{x1},{y1},{x2 - x1},{y2 - y1}")
    return ("\n".join(lines) + "\n").encode()


FORMAT = SlotFormat("cnr-ext", "CNR-EXT's CSV", recognises, read, write, in_pixels=False)

"""Slots as a file of any format that can hold them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lotwise.cameras.site.slot_formats.drawing import Picture, SlotFormat
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.datasets.whole_file import write_whole


def write_slots(path: Path, slots: Sequence[Slot], kind: SlotFormat, picture: Picture) -> None:
    """Write a slot file.

    Raises:
        InputError: the format cannot hold such slots, or the file cannot be written.
    """
    try:
        data = kind.write(slots, picture)
    except InputError as error:
        raise InputError(f"{path}: cannot be written as {kind.title}: {error}") from None
    try:
        write_whole(path, data)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); give another file") from error

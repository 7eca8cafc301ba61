"""A camera's slots in a file: read in whatever known format it is, checked, and written as our JSON."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.slot_formats.given_file import Hints
from lotwise.cameras.site.slot_formats.lotwise import entries_as_json
from lotwise.cameras.site.slot_formats.read import read_slots
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.datasets.whole_file import write_whole


def read_slot_file(path: Path) -> tuple[Slot, ...]:
    """Slots from a file that says itself how its corners are meant.

    JSON ``[{"id", "polygon": [[x, y], …]}, …]`` normalised to 0..1, or a file of another project
    (:mod:`lotwise.cameras.site.slot_formats`) that is normalised or names the size of its picture.

    Entries of ours that nobody accepted yet are no slots; :func:`read_slot_entries` reads them too.

    Raises:
        InputError: no such file, not of a known form, or a slot that is no place in the frame.
    """
    return accepted_slots(read_slot_entries(path))


def accepted_slots(entries: Iterable[SlotEntry]) -> tuple[Slot, ...]:
    """Those that are slots for a node, a training or a report."""
    return tuple(entry.slot() for entry in entries if entry.status == "accepted")


def read_slot_entries(path: Path, hints: Hints | None = None) -> tuple[SlotEntry, ...]:
    """All entries of a file, accepted or only proposed; reads and refuses as :func:`read_slots` does."""
    return read_slots(path, hints).entries


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
    try:
        write_whole(path, entries_as_json(entries))
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); give another file") from error

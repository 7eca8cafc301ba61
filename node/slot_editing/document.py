"""A camera's slots as an editor opens and saves them; who saves over what he has not seen is told."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.slot_file import read_slot_entries, write_slot_entries
from lotwise.cameras.site.slot_formats.lotwise import entries_as_json
from lotwise.cameras.site.slot_formats.read import slots_from_bytes
from lotwise.cameras.site.slot_problems import slot_problems
from lotwise.cameras.site.slot_storage import SlotStorage
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.node.lock import FOLDER_MODE


@dataclass(frozen=True)
class SlotDocument:
    """The slots of a camera as they are now.

    Attributes:
        entries: accepted slots and proposals.
        read: the file that they come from; None where they are those of the live bundle, or none.
        write: the file that they are saved to.
        unwritable: why they cannot be saved, in one line; "" where they can.
    """

    entries: tuple[SlotEntry, ...]
    read: Path | None
    write: Path
    unwritable: str = ""

    @property
    def version(self) -> str:
        """32 hex digits of the content: the same as long as nobody changes anything."""
        return entries_version(self.entries)


def entries_version(entries: Sequence[SlotEntry]) -> str:
    """32 hex digits of the content of some slots."""
    content = json.dumps([entry.model_dump(mode="json") for entry in entries], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:32]


def as_saved(entries: Sequence[SlotEntry]) -> tuple[SlotEntry, ...]:
    """Slots as they are read again once they are saved.

    Raises:
        InputError: a slot file with them would be refused.
    """
    for problem in slot_problems(entries):
        if problem.refused:
            raise InputError(problem.why)
    return slots_from_bytes("slots", entries_as_json(entries)).entries


class ChangedMeanwhile(Exception):
    """Somebody else has saved since the slots were opened."""

    def __init__(self, now: SlotDocument) -> None:
        super().__init__("somebody else has saved these slots meanwhile")
        self.now = now


def read_document(storage: SlotStorage, bundle_slots: Sequence[Slot]) -> SlotDocument:
    """The slots of a camera.

    Args:
        storage: where its slot files are. A named file that is not there yet is an empty one.
        bundle_slots: of its live bundle, which are shown where there is no file.

    Raises:
        InputError: the file cannot be read.
    """
    unwritable = _unwritable(storage.write)
    if storage.read is None:
        return SlotDocument(tuple(SlotEntry.of(slot) for slot in bundle_slots), None, storage.write, unwritable)
    if not storage.read.exists() and storage.read == storage.write:
        return SlotDocument((), storage.read, storage.write, unwritable)
    return SlotDocument(read_slot_entries(storage.read), storage.read, storage.write, unwritable)


def save_document(
    storage: SlotStorage, bundle_slots: Sequence[Slot], entries: Sequence[SlotEntry], seen: str
) -> tuple[SlotDocument, SlotDocument]:
    """Save slots, if nobody else has saved since.

    Args:
        storage, bundle_slots: as of :func:`read_document`.
        entries: all slots of the camera from now on.
        seen: :attr:`SlotDocument.version` of the slots that were changed.

    Returns:
        The slots before and after.

    Raises:
        ChangedMeanwhile: nothing was written.
        InputError: a slot that a slot file with it would be refused for, or a file that cannot be written.
    """
    for problem in slot_problems(entries):
        if problem.refused:
            raise InputError(problem.why)
    try:
        storage.write.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        with _alone(storage.write.parent):
            before = read_document(storage, bundle_slots)
            if before.version != seen:
                raise ChangedMeanwhile(before)
            write_slot_entries(storage.write, tuple(entries))
            saved = read_slot_entries(storage.write)
    except OSError as error:
        raise InputError(_cannot(storage.write, error.strerror or str(error))) from error
    return before, SlotDocument(saved, storage.write, storage.write)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else compares and writes in this folder meanwhile, in this process or another: a node, and an editor."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _unwritable(file: Path) -> str:
    there = next(parent for parent in file.parents if parent.exists())
    if not os.access(there, os.W_OK):
        return _cannot(file, "no right to write there")
    return ""


def _cannot(file: Path, why: str) -> str:
    return (
        f"{file}: cannot be written ({why}); let the program's user write there, or leave slots: out of the "
        "site file, and they are kept in the state folder"
    )

"""A person's yes to proposed slots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lotwise.cameras.site.slot_entry import PROPOSALS, SlotEntry
from lotwise.datasets.errors import InputError

IDS_SHOWN = 8
"""Ids that a message names; a lot may have hundreds."""


def accept_all(entries: Sequence[SlotEntry]) -> tuple[SlotEntry, ...]:
    """Everything that is proposed or inferred as accepted; the rest as it was."""
    return tuple(entry.accepted() if entry.status in PROPOSALS else entry for entry in entries)


def accept_slots(entries: Sequence[SlotEntry], ids: Sequence[str], path: Path) -> tuple[SlotEntry, ...]:
    """The named entries, of whatever status, as accepted; the rest as it was.

    Raises:
        InputError: an id that the file ``path`` does not have.
    """
    known = [entry.id for entry in entries]
    for name in ids:
        if name not in known:
            shown = ", ".join(known[:IDS_SHOWN]) + (", …" if len(known) > IDS_SHOWN else "")
            raise InputError(f"{path}: no slot {name}; it has {shown or 'none'}")
    return tuple(entry.accepted() if entry.id in ids else entry for entry in entries)

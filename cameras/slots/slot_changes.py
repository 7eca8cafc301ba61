"""What is other in a camera's slots than before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lotwise.cameras.slots.carried_over import same_place
from lotwise.datasets.frame import Slot

IDS_TOLD = 20
"""Ids that are told of each kind; a lot that is drawn anew has hundreds."""


@dataclass(frozen=True)
class SlotChanges:
    """Ids of slots by what became of them."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    moved: tuple[str, ...]
    unchanged: frozenset[str]

    @property
    def any(self) -> bool:
        """Something is other than before."""
        return bool(self.added or self.removed or self.moved)

    def as_details(self) -> dict[str, object]:
        """As an event tells it: plain JSON, long lists cut short."""
        kinds = {"added": self.added, "removed": self.removed, "moved": self.moved}
        return {name: list(ids[:IDS_TOLD]) for name, ids in kinds.items() if ids} | {
            "why": ", ".join(f"{len(ids)} {name}" for name, ids in kinds.items() if ids)
        }


def slot_changes(before: Sequence[Slot], after: Sequence[Slot]) -> SlotChanges:
    """Compare two lists of slots by their ids; a corner that was only rounded has not moved."""
    old = {slot.id: slot for slot in before}
    new = {slot.id: slot for slot in after}
    unchanged = frozenset(name for name, slot in new.items() if name in old and same_place(slot, old[name]))
    return SlotChanges(
        tuple(name for name in new if name not in old),
        tuple(name for name in old if name not in new),
        tuple(name for name in new if name in old and name not in unchanged),
        unchanged,
    )

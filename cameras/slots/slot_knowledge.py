"""How well it is known where cars stand on each slot, in words for people and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from lotwise.cameras.slots.learning import LearnedSlots
from lotwise.datasets.frame import Slot

Known = Literal["cars", "always taken", "neighbours", "not yet"]
"""``cars``: from cars that came and went. ``always taken``: something stood there on every frame, so that it may be one
car, or no car. ``neighbours``: no car was seen there; expected as on the other slots, those of its row above all.
``not yet``: nothing; the slot is read by the half-covered rule."""
WORDS: Mapping[Known, str] = {
    "cars": "known from their own cars",
    "always taken": "always taken so far",
    "neighbours": "known from their neighbours",
    "not yet": "not learned yet",
}
IDS_TOLD = 8
"""Ids of slots that are named in one line."""
MIN_ALWAYS = 3
"""Frames from which on a slot that was taken on all of them is told as always taken: on two any slot may be."""


@dataclass(frozen=True)
class SlotKnowledge:
    """What is known of one slot.

    Attributes:
        known: from what it is known where cars stand on it.
        seen: on how many frames a car stood on it.
        frames: frames that were looked at.
    """

    known: Known
    seen: int
    frames: int


def slot_knowledge(learned: LearnedSlots, slots: Sequence[Slot]) -> dict[str, SlotKnowledge]:
    """What is known of each slot, by its id, in their order."""
    placed = {place.slot for place in learned.model.places} if learned.model else set()

    def known(slot: str) -> Known:
        if slot not in placed:
            return "not yet"
        seen = learned.seen.get(slot, 0)
        if seen == learned.frames and seen >= MIN_ALWAYS:
            return "always taken"
        return "cars" if seen else "neighbours"

    return {slot.id: SlotKnowledge(known(slot.id), learned.seen.get(slot.id, 0), learned.frames) for slot in slots}


def knowledge_words(slots: Mapping[str, SlotKnowledge]) -> str:
    """One line on all slots of a camera; "" where it has none.

    >>> knowledge_words({"1": SlotKnowledge("cars", 4, 9), "2": SlotKnowledge("not yet", 0, 9)})
    '1 known from their own cars, 1 not learned yet (2)'
    """
    groups: dict[Known, list[str]] = {kind: [] for kind in WORDS}
    for name, one in slots.items():
        groups[one.known].append(name)
    told = [f"{len(names)} {WORDS[kind]}" for kind, names in groups.items() if names]
    if not told:
        return ""
    missing = groups["not yet"]
    named = ", ".join(missing[:IDS_TOLD]) + (" …" if len(missing) > IDS_TOLD else "")
    return ", ".join(told) + (f" ({named})" if missing else "")

"""The places of a camera as its page draws them: where each lies, and whether it is free now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lotwise.datasets.frame import SlotState
from lotwise.hub.database.tables import CameraRow
from lotwise.node.hub.messages import STATE_LETTERS

STATES: tuple[SlotState, ...] = ("free", "occupied", "unknown")
_STATE_OF = {letter: state for state, letter in STATE_LETTERS.items()}


@dataclass(frozen=True)
class Place:
    """One place.

    Attributes:
        id: of its slot.
        points: its polygon as points of SVG, in 0..1 of the picture.
        state: as its node has told last; "unknown" where that is too old, or of other slots.
    """

    id: str
    points: str
    state: SlotState


def places_of(row: CameraRow, silent: bool) -> tuple[Place, ...]:
    """The places of a camera.

    Args:
        row: as its node told last.
        silent: the node has not told for so long that nobody knows how its places are now.
    """
    slots, said = (row.card or {}).get("slots", ()), row.report or {}
    letters = str(said.get("states", ""))
    # A report may be of slots whose card has yet to come; its letters are in the order of those.
    known = not silent and len(letters) == len(slots) and said.get("card") == row.card_stamp
    states: Sequence[SlotState] = [_STATE_OF[one] for one in letters] if known else ["unknown"] * len(slots)
    return tuple(
        Place(str(one["id"]), " ".join(f"{x:.4f},{y:.4f}" for x, y in one["polygon"]), state)
        for one, state in zip(slots, states, strict=True)
    )


def ids_by_state(places: Sequence[Place]) -> dict[SlotState, list[str]]:
    """Ids of the places in each state."""
    return {state: [one.id for one in places if one.state == state] for state in STATES}

"""What was learned of slots stays where the slots stay."""

import numpy as np
import pytest

from lotwise.cameras.slots.carried_over import carried_over
from lotwise.cameras.slots.model import ExpectedBox, SlotModel
from lotwise.datasets.frame import Slot

SQUARE = np.array([[0.1, 0.1], [0.2, 0.1], [0.2, 0.2], [0.1, 0.2]], np.float32)
LEARNED_FOR = (Slot("1", SQUARE), Slot("2", SQUARE + 0.3))
PLACES = tuple(
    ExpectedBox(slot=name, box=(at, at, at + 0.1, at + 0.1), size=0.1)
    for name, at in (("1", 0.1), ("2", 0.4), (None, 0.8))
)
MODEL = SlotModel(places=PLACES, frames=9)


@pytest.mark.parametrize(
    ("slots", "kept"),
    [
        (LEARNED_FOR, ["1", "2", None]),
        ((Slot("1", SQUARE + 0.001), Slot("2", SQUARE + 0.3)), ["1", "2", None]),  # rounded to pixels and back
        ((Slot("1", SQUARE + 0.05), Slot("2", SQUARE + 0.3)), ["2", None]),  # drawn elsewhere
        ((Slot("2", SQUARE), Slot("1", SQUARE + 0.3)), [None]),  # ids exchanged
        ((Slot("1", SQUARE[:3]),), [None]),  # another outline
        ((Slot("1", SQUARE), Slot("9", SQUARE + 0.6)), ["1", None]),  # one more, one fewer
        ((Slot("1", SQUARE), Slot("9", SQUARE + 0.69)), ["1"]),  # drawn where cars parked outside of all slots
        ((), [None]),
    ],
)
def test_places_of_slots_that_are_the_same_are_kept(slots: tuple[Slot, ...], kept: list[str | None]) -> None:
    found = carried_over(MODEL, LEARNED_FOR, slots)
    assert found is not None
    assert [place.slot for place in found.places] == kept
    assert len(found.in_pixels((100, 100))) == len(kept)  # and not what was cached of all of them


def test_nothing_learned_is_nothing_to_keep() -> None:
    assert carried_over(None, (), LEARNED_FOR) is None

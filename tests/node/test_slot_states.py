"""Slots of one camera, and what becomes of their states when others take their place."""

from datetime import UTC, datetime

import numpy as np

from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.slots import SlotReading
from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.frame import Masks, Slot, SlotState
from lotwise.node.slot_states import SlotStates

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
SETTINGS = HysteresisSettings(confirm_frames=1, confirm_s=0)
ONE, TWO = (Slot(name, np.float32([[x, 0.1], [x + 0.2, 0.1], [x + 0.2, 0.4]])) for name, x in (("1", 0.1), ("2", 0.5)))
MOVED = Slot("2", TWO.polygon + np.float32(0.1))
LEFT: Masks = (((0, 0), (0.4, 0), (0.4, 1), (0, 1)),)


def states(*slots: Slot, masks: Masks = (), before: dict[str, SlotNow] | None = None) -> SlotStates:
    return SlotStates(slots, SETTINGS, masks, before or {}, NOON, NOON)


def read(held: SlotStates, **says: SlotState) -> None:
    held.update({name.strip("_"): SlotReading(state, 1.0) for name, state in says.items()}, (), NOON, ())


def known(held: SlotStates) -> dict[str, str]:
    return {name: one.state for name, one in held.now.items()}


def test_slots_that_stay_go_on_and_moved_ones_are_new() -> None:
    held = states(ONE, TWO)
    read(held, _1="occupied", _2="free")
    assert known(held) == {"1": "occupied", "2": "free"}
    assert held.follow((MOVED, ONE), True, NOON)
    assert (known(held), held.starting) == ({"2": "unknown", "1": "occupied"}, True)
    assert [slot.id for slot in held.slots] == ["2", "1"]


def test_the_same_slots_anew_change_nothing() -> None:
    held = states(ONE)
    read(held, _1="occupied")
    assert not held.follow(held.slots, True, NOON)
    assert not held.follow((Slot("1", ONE.polygon.copy()),), True, NOON)
    assert known(held) == {"1": "occupied"}


def test_states_of_before_a_restart_wait_for_the_slots_of_a_bundle() -> None:
    held = states(before={"1": SlotNow("occupied", NOON)})
    assert known(held) == {}
    assert held.follow((ONE, TWO), False, NOON)
    assert known(held) == {"1": "occupied", "2": "unknown"}


def test_a_slot_under_a_mask_is_unknown_and_says_so() -> None:
    held = states(ONE, TWO, masks=LEFT)
    read(held, _1="occupied", _2="occupied")
    assert known(held) == {"1": "unknown", "2": "occupied"}
    assert held.now["1"].why == "masked" and not held.starting
    assert held.follow((TWO,), True, NOON)
    assert known(held) == {"2": "occupied"}
    held.lose("down", NOON)
    assert known(held) == {"2": "unknown"} and held.now["2"].why == "down"

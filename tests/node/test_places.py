"""Which slots are one place, and which camera is believed of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lotwise.cameras.site.shared_slots import SharedSlotSettings
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.node.places import lot_places, place_states
from lotwise.node.state import CameraNow, Counts
from tests.node.nodes import NOON, camera, lot, slot

LIVE = SourceHealth("live", NOON)
ENDED = replace(LIVE, ended=True)
STALE = SourceHealth("stale", NOON)
DOWN = SourceHealth("down", NOON)


def states(cameras: list[CameraNow], shared: SharedSlotSettings = True) -> dict[str, str]:
    return {name: place.now.state for name, place in lot_places(lot(cameras, shared)).items()}


def test_two_cameras_that_number_their_slots_alike_see_different_places() -> None:
    """18 free slots on one camera and 12 occupied ones on another are 30 places."""
    gate = camera("gate", {str(number): slot("free") for number in range(1, 19)})
    roof = camera("roof", {str(number): slot("occupied") for number in range(1, 13)})
    counts = Counts.of(place_states(lot_places(lot([gate, roof]))))
    assert (counts.free, counts.occupied, counts.unknown) == (18, 12, 0)


@pytest.mark.parametrize(
    ("shared", "names"),
    [
        (False, ["gate/7", "roof/7", "yard/7"]),
        (True, ["7"]),
        ([["gate", "roof"]], ["gate+roof/7", "yard/7"]),
        ({"A1": {"gate": "7", "yard": "7"}}, ["A1", "roof/7"]),
    ],
)
def test_places_of_cameras_that_share_slots(shared: SharedSlotSettings, names: list[str]) -> None:
    cameras = [camera(name, {"7": slot("free")}) for name in ("gate", "roof", "yard")]
    assert list(lot_places(lot(cameras, shared))) == names


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        ((LIVE, slot("free", score=0.9)), (LIVE, slot("occupied", score=0.6)), "occupied"),  # what is seen
        ((LIVE, slot("unknown", "hidden")), (LIVE, slot("occupied", score=0.6)), "occupied"),  # who knows it
        ((ENDED, slot("free", score=0.99)), (LIVE, slot("occupied", score=0.6)), "occupied"),  # of this moment
        ((ENDED, slot("free", score=0.99)), (LIVE, slot("unknown", "hidden")), "unknown"),
        ((STALE, slot("free", score=0.99)), (LIVE, slot("occupied", score=0.6)), "occupied"),
        ((DOWN, slot("free", score=0.99)), (LIVE, slot("occupied", score=0.6)), "occupied"),
        ((ENDED, slot("free")), (DOWN, slot("unknown", "down")), "free"),  # nobody sees it now
    ],
)
def test_who_is_believed(first: tuple[SourceHealth, SlotNow], second: tuple[SourceHealth, SlotNow], state: str) -> None:
    cameras = [camera(name, {"7": now}, source) for name, (source, now) in zip("ab", (first, second), strict=True)]
    for order in (cameras, cameras[::-1]):
        assert states(order) == {"7": state}

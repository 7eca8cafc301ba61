"""Slots from boxes: rows are found and completed, and what is no slot is told apart."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.slots.proposals.propose import Proposals, propose_slots
from lotwise.datasets.frame import Detections
from tests.cameras.slots.proposals.planted import SIZE, VIEW, Place, lot, row, seen

FRAMES = 20
PLANTED = 7 + 7 + 9


def proposed(places: list[Place], frames: int = FRAMES) -> Proposals:
    boxes, times = seen(places, frames, np.random.default_rng(5))
    return propose_slots(boxes, times, SIZE)


def entry_at(found: Proposals, x: float, y: float) -> SlotEntry | None:
    """The entry in which a point of the ground lies."""
    (point,) = VIEW.laid(np.array([[x, y]])) / SIZE
    for entry in found.entries:
        corners = np.array(entry.polygon, np.float32).reshape(-1, 1, 2) * 1000
        if cv2.pointPolygonTest(corners, (point * 1000).tolist(), False) >= 0:
            return entry
    return None


@pytest.fixture(scope="module")
def places() -> list[Place]:
    return lot(FRAMES, np.random.default_rng(3))


@pytest.fixture(scope="module")
def found(places: list[Place]) -> Proposals:
    return proposed(places)


def test_every_place_of_a_row_is_proposed_once(places: list[Place], found: Proposals) -> None:
    entries = [entry_at(found, *place.middle) for place in places]
    assert [entry.status for entry in entries if entry] == ["proposed"] * PLANTED
    assert len({entry.id for entry in entries if entry}) == PLANTED
    assert found.count("proposed") == PLANTED


def test_missing_places_of_a_row_are_inferred(found: Proposals) -> None:
    for x in (-2.6, 0.0):
        entry = entry_at(found, x, 27)
        assert entry is not None
        assert entry.status == "inferred"
        assert entry.evidence is not None
        assert (entry.evidence.frames, entry.evidence.stays) == (0, 0)
    assert found.count("inferred") == 2


def test_slots_lie_on_the_ground_where_cars_stand(places: list[Place], found: Proposals) -> None:
    for place in places:
        entry = entry_at(found, *place.middle)
        assert entry is not None
        (middle,) = VIEW.on_ground(np.array(entry.polygon).mean(0)[None] * SIZE)
        assert np.linalg.norm(middle - place.middle) < 0.9  # metres; the mean of corners is not quite their middle
        # 4.9 by 2.6 metres on the ground, as far as the size of cars tells how large anything is
        area = cv2.contourArea(VIEW.on_ground(np.array(entry.polygon) * SIZE).astype(np.float32))
        assert area == pytest.approx(4.9 * 2.6, rel=0.3)


def test_ids_count_along_each_row_and_evidence_is_told(found: Proposals) -> None:
    rows = {entry.row for entry in found.entries if entry.status == "proposed"}
    assert rows == {"A", "B", "C"}
    for name in rows:
        ours = [entry for entry in found.entries if entry.row == name]
        assert [entry.id for entry in ours] == [f"{name}{number}" for number in range(1, len(ours) + 1)]
        lefts = [np.array(entry.polygon)[:, 0].mean() for entry in ours]
        assert lefts == sorted(lefts)
    for entry in found.entries:
        if entry.status == "proposed":
            assert entry.evidence is not None
            assert entry.evidence.days == 1
            assert 15 <= entry.evidence.frames < FRAMES
            assert 1 <= entry.evidence.stays <= 4
            assert 0.5 < entry.evidence.score <= 1


def test_a_moving_car_is_never_a_proposal(places: list[Place]) -> None:
    way = np.linspace(-12, 12, FRAMES)
    moving = [Place((float(x), 21.5), 0.0, np.arange(FRAMES) == frame) for frame, x in enumerate(way)]
    found = proposed([*places, *moving])
    assert found.count("proposed") == PLANTED
    assert entry_at(found, 0.0, 21.5) is None


def test_a_car_in_no_row_is_seen_once(places: list[Place]) -> None:
    alone = Place((13.0, 21.0), 0.6, np.arange(FRAMES) > 8)
    found = proposed([*places, alone])
    entry = entry_at(found, *alone.middle)
    assert entry is not None
    assert entry.status == "seen once"
    assert entry.row is None
    assert found.count("proposed") == PLANTED


def test_what_never_leaves_and_is_never_sure_is_no_slot(places: list[Place]) -> None:
    """A hedge or a bin at the end of a row."""
    furniture = Place((13.0, 27.0), np.pi / 2, np.ones(FRAMES, bool), score=0.35)
    found = proposed([*places, furniture])
    entry = entry_at(found, *furniture.middle)
    assert entry is not None
    assert entry.status == "never empty"
    # The same is a slot where a car was there for sure, or was not there for a while.
    for other in (replace(furniture, score=0.8), replace(furniture, there=np.arange(FRAMES) > 4)):
        entry = entry_at(proposed([*places, other]), *furniture.middle)
        assert entry is not None
        assert entry.status == "proposed"


def test_cars_left_in_the_aisle_are_in_the_way() -> None:
    rng = np.random.default_rng(4)
    xs = np.arange(-10.4, 10.5, 2.6)
    aisle = [Place((float(x), 22.0), 0.0, np.arange(FRAMES) > 3) for x in (-6.0, 0.0, 6.0)]
    found = proposed([*row(15.5, xs[1:-1], FRAMES, rng), *row(28.5, xs, FRAMES, rng), *aisle])
    for place in aisle:
        entry = entry_at(found, *place.middle)
        assert entry is not None
        assert entry.status == "in the way"
    assert found.count("proposed") == len(xs) * 2 - 2


def test_nothing_is_proposed_from_next_to_nothing() -> None:
    assert propose_slots([], [], SIZE).entries == ()
    none = propose_slots([Detections.empty()] * 5, [None] * 5, SIZE)
    assert (none.entries, none.view, none.frames) == ((), None, 5)
    one = proposed([place for place in lot(FRAMES, np.random.default_rng(3))[:2]])
    assert (one.entries, one.view) == ((), None)


def test_a_single_frame_tells_nothing_of_standing(places: list[Place]) -> None:
    boxes, times = seen(places, FRAMES, np.random.default_rng(5))
    assert propose_slots(boxes[:1], times[:1], SIZE).entries == ()


def test_the_same_boxes_give_the_same_slots(places: list[Place], found: Proposals) -> None:
    assert proposed(places).entries == found.entries

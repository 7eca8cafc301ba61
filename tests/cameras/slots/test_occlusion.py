"""Slots hidden behind nearer vehicles, and vehicles that hide nothing."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.slots import SlotModel, match_slots
from lotwise.cameras.slots.consecutive_readings import ConsecutiveReadings
from lotwise.cameras.slots.model import ExpectedBox
from lotwise.cameras.slots.occlusion import hidden_slots
from lotwise.datasets.frame import Detections, Slot

SIZE = (400, 200)
SHARE = HysteresisSettings().hidden_share
FAR, NEAR = 80.0, 130.0
"""Bottom of a car on a slot of the far row, and of the near row."""


def box(column: int, bottom: float) -> list[float]:
    """A car of 40 by 30 pixels."""
    left = 100.0 + 44 * column
    return [left, bottom - 30, left + 40, bottom]


VAN = [120.0, 35.0, 210.0, 100.0]
"""Stands in the aisle, before the slots f1 and f2 of the far row, and ends above the near row."""
CARS = {f"{row}{column}": box(column, bottom) for row, bottom in (("f", FAR), ("n", NEAR)) for column in range(4)}
SLOTS = tuple(
    Slot(name, (np.array([[x1, y1 + 15], [x2, y1 + 15], [x2, y2], [x1, y2]]) / SIZE).astype(np.float32))
    for name, (x1, y1, x2, y2) in CARS.items()
)
MODEL = SlotModel(
    places=tuple(
        ExpectedBox(slot=name, box=(x1 / 400, y1 / 200, x2 / 400, y2 / 200), size=35 / 400)
        for name, (x1, y1, x2, y2) in CARS.items()
    ),
    frames=9,
)


def hidden(
    boxes: list[list[float]], score: float = 0.8, model: SlotModel | None = MODEL, share: float = SHARE
) -> set[str]:
    seen = Detections.of(boxes, [score] * len(boxes))
    return set(hidden_slots(seen, SLOTS, SIZE, model, share))


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([], set()),  # an empty lot
        (list(CARS.values()), set()),  # a full one
        ([VAN], {"f1"}),  # f2 is covered by less
        ([VAN, box(1, FAR)], set()),  # the car behind it is seen all the same
        ([[130, 40, 240, 100]], {"f1", "f2"}),  # a bus
        ([[120, 40, 240, 80]], set()),  # ends where a car on the slots would: across them, not before
        ([[120, 20, 240, 50]], set()),  # expected_beyond_rows the far row
        ([box(1, NEAR)], set()),  # a car on the near row covers little of the far one
        ([[140, 40, 190, 130]], {"f1"}),  # a van parked on the near row
        ([[150, 70, 180, 100]], set()),  # a car in the aisle, seen beside what is behind it
    ],
)
def test_what_a_vehicle_hides(boxes, expected) -> None:
    assert hidden(boxes) == expected


def test_a_box_under_the_confidence_hides_nothing() -> None:
    assert hidden([VAN], score=0.2) == set()


@pytest.mark.parametrize(
    ("van", "car", "slot_confidence", "expected"),
    [
        (0.9, 0.4, 0.25, set()),  # it makes its slot occupied, and so is seen
        (0.9, 0.2, 0.25, {"f1"}),
        (0.9, 0.4, None, {"f1"}),
        (0.9, 0.6, 0.7, {"f1"}),  # too unsure to make its slot occupied, though it is reported
        (0.4, 0.1, 0.25, set()),  # what is not reported hides nothing
    ],
)
def test_a_slot_is_taken_from_the_slots_own_confidence_up(van, car, slot_confidence, expected) -> None:
    seen = Detections.of([VAN, box(1, FAR)], [van, car])
    assert hidden_slots(seen, SLOTS, SIZE, MODEL, SHARE, 0.55, slot_confidence) == expected


@pytest.mark.parametrize(("share", "expected"), [(0.54, {"f1", "f2"}), (0.7, {"f1"}), (1.0, {"f1"})])
def test_the_covered_share_is_a_setting(share, expected) -> None:
    assert hidden([VAN], share=share) == expected


@pytest.mark.parametrize(
    "model",
    [None, SlotModel(), SlotModel(places=tuple(place for place in MODEL.places if place.slot != "f1"))],
)
def test_a_slot_without_a_known_place_is_never_hidden(model) -> None:
    assert hidden([VAN], model=model) == set()


def test_no_slots() -> None:
    assert hidden_slots(Detections.of([VAN], [0.9]), (), SIZE, MODEL, SHARE) == frozenset()


def test_a_place_outside_of_all_slots_is_no_slot() -> None:
    outside = tuple(place.model_copy(update={"slot": None}) for place in MODEL.places)
    assert hidden([VAN], model=SlotModel(places=outside)) == set()


def test_the_same_view_at_another_resolution_hides_the_same() -> None:
    twice = Detections.of([np.multiply(VAN, 2)], [0.8])
    assert hidden_slots(twice, SLOTS, (800, 400), MODEL, SHARE) == {"f1"}


@pytest.mark.parametrize("setting", ["keep", "unknown"])
@pytest.mark.parametrize("parked", [True, False])
def test_a_passing_van_flips_no_slot(parked, setting) -> None:
    """It drives along the aisle before the far row; cars behind it are not detected while it stands before them."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    memory = ConsecutiveReadings(SLOTS, HysteresisSettings(hidden=setting), start=start)
    cars = [car for name, car in CARS.items() if parked and name[0] == "f"]
    truth = {name: "occupied" if parked and name[0] == "f" else "free" for name in CARS}
    wrong, changes = set(), []
    for second in range(24):
        boxes = cars
        if 6 <= second < 15:
            van = [40.0 * second - 290, 35.0, 40.0 * second - 200, 100.0]
            boxes = [car for car in cars if min(car[2], van[2]) - max(car[0], van[0]) < 20] + [van]
        seen = Detections.of(boxes, [0.8] * len(boxes))
        readings = match_slots(seen, SLOTS, SIZE, MODEL)
        wrong |= {name for name, reading in readings.items() if reading.state != truth[name]}
        away = hidden_slots(seen, SLOTS, SIZE, MODEL, SHARE)
        changes += memory.update(readings, away, start + timedelta(seconds=second))
    assert wrong  # in single frames
    assert len(changes) == len(SLOTS)
    assert {name: slot.state for name, slot in memory.now.items()} == truth


@pytest.mark.parametrize("setting", ["keep", "unknown"])
def test_a_bus_that_stays_before_free_slots_leaves_them_free_or_unknown(setting) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    memory = ConsecutiveReadings(SLOTS, HysteresisSettings(hidden=setting), start=start)
    for second in range(60):
        boxes = [[130, 40, 240, 100]] if second > 5 else []
        seen = Detections.of(boxes, [0.8] * len(boxes))
        readings = match_slots(seen, SLOTS, SIZE, MODEL)
        memory.update(readings, hidden_slots(seen, SLOTS, SIZE, MODEL, SHARE), start + timedelta(seconds=second))
    state = "free" if setting == "keep" else "unknown"
    assert {memory.now[name].state for name in ("f1", "f2")} == {state}
    assert memory.now["f0"].state == "free"

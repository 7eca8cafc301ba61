"""Slot states by one-to-one matching against a known picture of where cars stand."""

import numpy as np
import pytest
from pydantic import ValidationError

from lotwise.cameras.slots import slot_states
from lotwise.cameras.slots.matched import match_slots
from lotwise.cameras.slots.model import ExpectedBox, SlotModel
from lotwise.datasets.frame import Detections, Slot

SIZE = (400, 200)


def slot(name: str, x: float, y: float = 120, width: float = 30, height: float = 40) -> Slot:
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    return Slot(name, (corners / SIZE).astype(np.float32))


SLOTS = (slot("1", 100), slot("2", 130), slot("3", 160))


def car(number: int) -> list[float]:
    """The box of a car on a slot: it leans over the next slot and covers most of it, as in a slanting view."""
    left = 70.0 + 30 * number
    return [left, 100.0, left + 56, 160.0]


def place(name: str | None, number: int) -> ExpectedBox:
    x1, y1, x2, y2 = car(number)
    return ExpectedBox(slot=name, box=(x1 / 400, y1 / 200, x2 / 400, y2 / 200), size=58 / 400)


MODEL = SlotModel(places=tuple(place(str(number), number) for number in (1, 2, 3)), frames=9)


def taken(detections: Detections, model: SlotModel = MODEL, slots=SLOTS, size=SIZE) -> list[str]:
    readings = match_slots(detections, slots, size, model)
    return [name for name, reading in readings.items() if reading.state == "occupied"]


@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([], []),
        ([car(1)], ["1"]),  # it covers more than half of slot 2 too
        ([car(1), car(3)], ["1", "3"]),  # the free slot between two cars
        ([car(1), car(2), car(3)], ["1", "2", "3"]),
        ([car(2), car(2)], ["2"]),  # one car found twice
        ([[20, 10, 360, 190]], ["1", "2", "3"]),  # one box around all cars fits no place: half covered
    ],
)
def test_who_stands_where(boxes, expected) -> None:
    assert taken(Detections.of(boxes, [0.8] * len(boxes))) == expected


def test_the_rule_without_a_model_counts_the_covered_neighbour() -> None:
    one = Detections.of([car(1)], [0.8])
    simple = [name for name, reading in slot_states(one, SLOTS, SIZE).items() if reading.state == "occupied"]
    assert simple == ["1", "2"]


def test_a_car_outside_of_all_slots_takes_none() -> None:
    expected_beyond_rows = Detections.of([car(0)], [0.9])
    slots, known = SLOTS[:1], place("1", 1)
    assert taken(expected_beyond_rows, SlotModel(), slots) == ["1"]
    assert taken(expected_beyond_rows, SlotModel(places=(known, place(None, 0))), slots) == []


def test_a_box_under_the_confidence_takes_no_slot() -> None:
    assert taken(Detections.of([car(2), car(3)], [0.24, 0.26])) == ["3"]


@pytest.mark.parametrize(("score", "low", "high"), [(0.9, 0.85, 0.9), (0.3, 0.25, 0.3), (0.05, 0.0, 0.0)])
def test_scores_of_occupied_and_free_slots_speak_of_the_same_probability(score, low, high) -> None:
    reading = match_slots(Detections.of([car(2)], [score]), SLOTS, SIZE, MODEL)["2"]
    occupied = reading.score if reading.state == "occupied" else 1 - reading.score
    assert low <= occupied <= high


def test_a_worse_fit_is_a_lower_score() -> None:
    scores = []
    for off in (0, 8, 14):
        moved = np.array([car(1)]) - [off, 0, off, 0]
        scores.append(match_slots(Detections.of(moved, [0.8]), SLOTS, SIZE, MODEL)["1"].score)
    assert scores[0] > scores[1] > scores[2]


def test_slots_that_are_not_in_the_model_are_read_by_the_half_covered_rule() -> None:
    rng = np.random.default_rng(3)
    low = rng.uniform(0, 150, (60, 2)) * [2, 1]
    boxes = np.concatenate([low, low + rng.uniform(20, 60, (60, 2))], axis=1)
    detections = Detections.of(boxes, rng.uniform(0.05, 1, 60))
    for confidence in (0.1, 0.25, 0.6):
        learned = match_slots(detections, SLOTS, SIZE, SlotModel(), confidence)
        simple = slot_states(detections[detections.scores >= confidence], SLOTS, SIZE, confidence)
        assert {k: v.state for k, v in learned.items()} == {k: v.state for k, v in simple.items()}
        assert [v.score for v in learned.values()] == pytest.approx([v.score for v in simple.values()])


def test_the_same_view_at_another_resolution_reads_the_same() -> None:
    boxes = np.array([car(1), car(3)])
    assert taken(Detections.of(boxes * 2.5, [0.8, 0.8]), size=(1000, 500)) == ["1", "3"]


def test_no_slots_no_readings() -> None:
    assert match_slots(Detections.of([car(1)], [0.9]), (), SIZE, MODEL) == {}


def test_survives_a_trip_through_json() -> None:
    assert SlotModel.model_validate_json(MODEL.model_dump_json()) == MODEL


@pytest.mark.parametrize("text", ['{"places": [{"slot": "1"}]}', '{"places": [], "more": 1}', '{"frames": -1}'])
def test_json_that_is_no_model_is_refused(text) -> None:
    with pytest.raises(ValidationError):
        SlotModel.model_validate_json(text)

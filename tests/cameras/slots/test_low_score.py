"""Faint boxes lower the score of free slots and change no state."""

import numpy as np
import pytest

from lotwise.cameras.slots import SlotModel, match_slots, slot_states
from lotwise.cameras.slots.low_score import with_low_scores
from lotwise.datasets.frame import Detections
from tests.cameras.slots.test_matched import MODEL, SIZE, SLOTS, car

WITHOUT_TWO = SlotModel(places=tuple(place for place in MODEL.places if place.slot != "2"))


def scores(boxes, at, model: SlotModel | None = MODEL) -> dict[str, float]:
    """How likely a car is on each slot."""
    seen = Detections.of(boxes, at)
    readings = match_slots(seen, SLOTS, SIZE, model) if model else slot_states(seen, SLOTS, SIZE)
    lower = with_low_scores(readings, seen, SLOTS, SIZE, model)
    assert {name: reading.state for name, reading in lower.items()} == {n: r.state for n, r in readings.items()}
    assert list(lower) == list(readings)
    return {name: 1 - each.score if each.state == "free" else each.score for name, each in lower.items()}


@pytest.mark.parametrize(
    ("boxes", "at", "expected"),
    [
        ([], [], {"1": 0, "2": 0, "3": 0}),
        ([car(2)], [0.2], {"1": 0, "2": 0.2, "3": 0}),
        ([car(1), car(2)], [0.8, 0.2], {"1": 0.8, "2": 0.2, "3": 0}),
        ([car(2), car(2)], [0.8, 0.2], {"1": 0, "2": 0.8, "3": 0}),  # a car seen twice
        ([car(2), car(2)], [0.1, 0.2], {"1": 0, "2": 0.2, "3": 0}),
        ([car(0)], [0.2], {"1": 0, "2": 0, "3": 0}),  # beside all slots
    ],
)
def test_how_likely_a_car_is(boxes, at, expected) -> None:
    assert scores(boxes, at) == pytest.approx(expected, abs=0.01)


def test_a_slot_that_the_model_does_not_know_must_be_half_covered_by_what_fits_no_place() -> None:
    lorry = [110, 40, 180, 160]
    assert scores([lorry], [0.2], WITHOUT_TWO)["2"] == pytest.approx(0.2, abs=0.01)
    assert scores([car(1)], [0.2], WITHOUT_TWO)["2"] == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("model", [None, SlotModel()])
def test_without_a_model_all_slots_must_be_half_covered(model) -> None:
    assert scores([[100, 130, 130, 160]], [0.2], model) == pytest.approx({"1": 0.2, "2": 0, "3": 0}, abs=1e-6)


def test_random_boxes_change_no_state_and_raise_no_free_score() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20):
        low = rng.uniform(0, 150, (30, 2)) * [2, 1]
        boxes = np.concatenate([low, low + rng.uniform(20, 60, (30, 2))], axis=1)
        seen = Detections.of(boxes, rng.uniform(0.05, 0.4, 30))
        readings = match_slots(seen, SLOTS, SIZE, MODEL)
        lower = with_low_scores(readings, seen, SLOTS, SIZE, MODEL)
        for name, reading in readings.items():
            assert lower[name].state == reading.state
            assert lower[name].score <= reading.score


def test_no_slots() -> None:
    assert with_low_scores({}, Detections.of([car(1)], [0.2]), (), SIZE, MODEL) == {}

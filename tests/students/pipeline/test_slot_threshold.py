"""From which score slots are read: where the teacher's word is met best, and in doubt far from both mistakes."""

import numpy as np
import pytest

from lotwise.cameras.slots import slot_rule
from lotwise.datasets.frame import Detections, Slot
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.pipeline.measure import measure
from lotwise.students.pipeline.slot_threshold import UNTOLD_LOWEST, choose_slot_threshold, tell_slots

SIZE = (100, 20)
SLOTS = [
    Slot(str(place), np.array([[x, 0.1], [x + 0.15, 0.1], [x + 0.15, 0.9], [x, 0.9]], np.float32))
    for place, x in enumerate((0.05, 0.25, 0.45, 0.65))
]


def on(*scores: float) -> Detections:
    """A box on each slot, with this score; none where it is 0."""
    kept = [(slot.box(*SIZE), score) for slot, score in zip(SLOTS, scores, strict=True) if score]
    return Detections.of([box for box, _ in kept], [score for _, score in kept]) if kept else Detections.empty()


def chosen(told: Detections, said: Detections) -> float:
    slots = tell_slots({"a": told}, {"a": SIZE}, SLOTS, slot_rule(None), 0.1)
    return choose_slot_threshold({"a": said}, slots)


@pytest.mark.parametrize(
    ("told", "said", "low", "high"),
    [
        ((0.9, 0.9, 0, 0), (0.12, 0.11, 0.06, 0.05), 0.06, 0.11),  # timid: between cars and what are none
        ((0.9, 0.9, 0, 0), (0.9, 0.8, 0.2, 0.1), 0.2, DEFAULT_CONFIDENCE),
        ((0.9, 0.9, 0, 0), (0.04, 0.03, 0, 0), 0.02, 0.03),  # faint, but the teacher says that they are cars
        ((0.12, 0.9, 0.05, 0), (0.12, 0.9, 0.07, 0), 0.07, 0.12),  # the teacher's word counts from 0.1 up
        ((0, 0, 0, 0), (0, 0, 0, 0), UNTOLD_LOWEST, DEFAULT_CONFIDENCE),  # nothing is told: in the middle
        ((0, 0, 0, 0), (0.15, 0, 0, 0), 0.15, DEFAULT_CONFIDENCE),
        ((0.9, 0.9, 0.9, 0), (0.9, 0.8, 0.2, 0.21), 0.05, 0.2),  # one free slot more may be called occupied for a car
    ],
)
def test_which_score(told, said, low: float, high: float) -> None:
    assert low < chosen(on(*told), on(*said)) <= high


def test_a_car_is_not_bought_with_two_free_slots_called_occupied() -> None:
    told = {"a": on(0.9, 0.9, 0.9, 0), "b": on(0.9, 0.9, 0.9, 0), "c": on(0.9, 0.9, 0.9, 0)}
    said = {"a": on(0.9, 0.1, 0.1, 0.11), "b": on(0.9, 0.1, 0.1, 0.11), "c": on(0.9, 0.1, 0.1, 0.11)}
    slots = tell_slots(told, dict.fromkeys(told, SIZE), SLOTS, slot_rule(None), 0.1)
    assert choose_slot_threshold(said, slots) > 0.11


def test_never_above_the_usual_one() -> None:
    assert chosen(on(0, 0, 0, 0), on(0.9, 0.9, 0.5, 0.4)) <= DEFAULT_CONFIDENCE


def test_without_slots_or_frames_the_usual_one() -> None:
    assert choose_slot_threshold({}, tell_slots({}, {}, SLOTS, slot_rule(None), 0.1)) == DEFAULT_CONFIDENCE
    none = tell_slots({"a": on(0.9, 0, 0, 0)}, {"a": SIZE}, [], slot_rule(None), 0.1)
    assert choose_slot_threshold({"a": on(0.1, 0, 0, 0)}, none) == DEFAULT_CONFIDENCE


def test_many_frames_speak_together() -> None:
    told = {str(place): on(0.9, 0.9, 0, 0) for place in range(100)}
    said = {str(place): on(0.12, 0.11, 0.06 if place % 3 else 0.3, 0.05) for place in range(100)}
    slots = tell_slots(told, dict.fromkeys(told, SIZE), SLOTS, slot_rule(None), 0.1)
    assert 0.06 < choose_slot_threshold(said, slots) < 0.11


def test_the_teacher_chooses_for_the_nano_alone() -> None:
    said = {"a": on(0.12, 0.11, 0.06, 0.05)}
    expected = {"a": Expected(on(0.9, 0.9, 0, 0), np.zeros((0, 4), np.float32), on(0.9, 0.9, 0.9, 0.9).boxes)}
    slots = tell_slots({"a": on(0.9, 0.9, 0, 0)}, {"a": SIZE}, SLOTS, slot_rule(None), 0.1)
    found = measure({"student": said, "baseline": said}, expected, slots=slots)
    assert 0.06 < found["baseline"].slot_confidence < found["student"].slot_confidence == found["student"].confidence

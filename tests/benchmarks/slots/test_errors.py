"""Why a slot was read wrongly: each category on boxes written by hand, and the pictures of it."""

from pathlib import Path

import pytest

from benchmarks.slots.errors import explain, mosaic, show, wrong_slots
from lotwise.cameras.slots import slot_rule
from lotwise.datasets.frame import Detections
from tests.benchmarks.lots import NAMES, SIZE, A, B, always, camera, slot

NONE = Detections.empty()
LORRY = [8, 0, 58, 34]  # over the slot and far beyond it
INSIDE = [12, 12, 22, 24]  # a car that fills a third of its slot
FAR = [60, 10, 80, 30]


@pytest.mark.parametrize(
    ("label", "said", "taught", "why", "score"),
    [
        ("free", [(A, 0.8)], NONE, "false detection", 0.8),
        ("free", [(INSIDE, 0.4)], NONE, "false detection", 0.4),
        ("free", [(A, 0.8)], Detections.of([A], [0.3]), "the teacher sees a car there too", 0.8),
        ("free", [(A, 0.8)], Detections.of([LORRY], [0.9]), "false detection", 0.8),
        ("free", [(FAR, 0.8), (A, 0.1)], NONE, "a box further away was taken for its car", 0.0),
        ("occupied", [(A, 0.2)], Detections.of([A], [0.9]), "its car is under the threshold", 0.2),
        ("occupied", [(A, 0.2)], NONE, "its car is under the threshold", 0.2),
        ("occupied", [(LORRY, 0.9), (A, 0.2)], Detections.of([LORRY, A], [0.9, 0.5]), "its car is under the", 0.2),
        ("occupied", [], Detections.of([A], [0.9]), "only the teacher sees its car", 0.0),
        ("occupied", [(LORRY, 0.9)], Detections.of([LORRY, A], [0.9, 0.5]), "only the teacher sees its car", 0.0),
        ("occupied", [(LORRY, 0.9)], Detections.of([LORRY], [0.9]), "only a neighbour's box lies there", 0.9),
        ("occupied", [(INSIDE, 0.6)], Detections.of([INSIDE], [0.9]), "a car stands there, but not as this", 0.6),
        ("occupied", [(FAR, 0.9)], Detections.of([FAR], [0.9]), "neither student nor teacher see a car", 0.0),
        ("occupied", [], NONE, "neither student nor teacher see a car", 0.0),
    ],
)
def test_each_category_by_hand(label: str, said: list, taught: Detections, why: str, score: float) -> None:
    boxes = Detections.of([box for box, _ in said], [surety for _, surety in said])
    words, found = explain(slot("a", A), label, boxes, taught, SIZE)
    assert words.startswith(why)
    assert found == pytest.approx(score)


SAID = {
    NAMES[0]: Detections.of([A, B], [0.9, 0.5]),
    NAMES[1]: Detections.of([B, A], [0.2, 0.01]),
    NAMES[2]: Detections.of([A], [0.9]),
}


def test_every_wrong_slot_is_listed_with_its_frame_and_why(tmp_path: Path, capsys) -> None:
    lot = camera(tmp_path)
    wrong = wrong_slots(lot, SAID, [slot_rule(None)] * 3)
    assert [(one.frame, one.slot.id, one.label, one.why, one.cut) for one in wrong] == [
        (NAMES[0], "b", "free", "false detection", False),
        (NAMES[1], "b", "occupied", "its car is under the threshold", False),
    ]
    assert [one.score for one in wrong] == pytest.approx([0.5, 0.2])
    show("C1", wrong)
    said = capsys.readouterr().out
    assert "C1: 2 slots wrong" in said
    assert "1  free: false detection" in said


def test_each_part_is_read_by_its_own_rule_and_unlabelled_slots_are_left_out(tmp_path: Path) -> None:
    full = always({"a": "occupied", "b": "occupied"})
    wrong = wrong_slots(camera(tmp_path), SAID, [full, always({"a": "free", "b": "occupied"}), full])
    assert [(one.frame, one.slot.id) for one in wrong] == [(NAMES[0], "b")]


def test_slots_at_the_border_are_marked(tmp_path: Path) -> None:
    lot = camera(tmp_path)
    lot.dataset.slots["C1"] = (slot("a", [1, 10, 30, 30]), slot("b", [70, 20, 98, 48]))
    nothing = dict.fromkeys(NAMES, Detections.empty())
    assert [one.cut for one in wrong_slots(lot, nothing, [slot_rule(None)] * 3)] == [True] * 3


def test_every_wrong_slot_gets_a_crop(tmp_path: Path) -> None:
    lot = camera(tmp_path)
    wrong = wrong_slots(lot, dict.fromkeys(NAMES, Detections.empty()), [slot_rule(None)] * 3)
    one, three = mosaic(lot, SAID, wrong[:1]), mosaic(lot, SAID, wrong)
    assert len(wrong) == 3
    assert one.shape == three.shape
    tile = one.shape[1] // 4
    assert [bool(three[:, k * tile : (k + 1) * tile].any()) for k in range(4)] == [True, True, True, False]
    many = mosaic(lot, SAID, wrong * 2)
    assert many.shape == (2 * one.shape[0], *one.shape[1:])
    yellow = (three == (0, 255, 255)).all(2)
    assert yellow[:, :tile].any()

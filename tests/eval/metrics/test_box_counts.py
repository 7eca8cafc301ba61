"""Every box at work is counted once: right, false, or unjudged."""

import json

import pytest

from lotwise.datasets.frame import Detections, Truth
from lotwise.eval.comparison import to_json, verdict
from lotwise.eval.evaluation import evaluate
from lotwise.eval.page.page import page
from lotwise.eval.protocols import SLOTS, TEACHER, VEHICLES
from tests.eval.lots import box, evidence, slot, vehicles

FOUR_SLOTS = {"C1": tuple(slot(name, column) for column, name in enumerate("1234"))}


def counts(protocol, some):
    row = evaluate(protocol, some).of_camera("all")["student"]
    assert row.boxes == (row.boxes_right or 0) + (row.boxes_false or 0) + row.boxes_unjudged
    return row.boxes_right, row.boxes_false, row.boxes_unjudged


def test_vehicles_a_box_in_an_ignore_region_is_unjudged() -> None:
    known = {"C1/1": Truth(vehicles=vehicles([box(0), box(1)], ignore=[box(7)]))}
    seen = Detections.of([box(0), box(0), box(5), box(7), box(1)], [0.9, 0.8, 0.7, 0.6, 0.1])  # 0.1 is not at work
    assert counts(VEHICLES, evidence({"student": {"C1/1": seen}}, known)) == (1, 2, 1)  # box 0 is found once


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([0], (1, 0, 0)),  # on an occupied slot
        ([1], (0, 1, 0)),  # on a free slot
        ([2], (0, 0, 1)),  # on a slot without a label
        ([7], (0, 0, 1)),  # on no slot
        ([0, 0], (1, 1, 0)),  # a second box of the same car
        ([0, 3, 1, 2, 7], (2, 1, 2)),
        ([], (0, 0, 0)),
    ],
)
def test_slots_a_box_is_counted_by_the_slot_it_lies_on(columns, expected) -> None:
    known = {"C1/1": Truth(slots={"1": "occupied", "2": "free", "4": "occupied"})}
    seen = Detections.of([box(column) for column in columns], [0.9 - 0.1 * n for n in range(len(columns))])
    assert counts(SLOTS, evidence({"student": {"C1/1": seen}}, known, FOUR_SLOTS)) == expected


def test_slots_a_box_need_not_fit_the_patch_and_may_take_the_next_occupied_slot() -> None:
    slots = {"C1": (slot("1", 0), slot("2", 1))}
    known = {"C1/1": Truth(slots={"1": "occupied", "2": "occupied"})}
    beside = [8.0, 2.0, 30.0, 10.0]  # reaches 8 px into slot 2 and 4 into slot 1
    wide = [2.0, 2.0, 30.0, 10.0]  # lies on slot 1 most, which the better box has taken
    seen = Detections.of([box(0), wide], [0.9, 0.8])
    assert counts(SLOTS, evidence({"student": {"C1/1": seen}}, known, slots)) == (2, 0, 0)
    seen = Detections.of([beside], [0.9])
    assert counts(SLOTS, evidence({"student": {"C1/1": seen}}, known, slots)) == (1, 0, 0)


def test_without_truth_no_box_is_right_or_false() -> None:
    both = Detections.of([box(0), box(5)], [0.9, 0.8])
    some = evidence({"teacher": {"C1/1": both}, "student": {"C1/1": both}}, {})
    assert counts(TEACHER, some) == (None, None, 2)


def test_counts_and_shares_stand_in_json_verdict_and_page() -> None:
    known = {"C1/1": Truth(vehicles=vehicles([box(0)], ignore=[box(7)]))}
    seen = Detections.of([box(0), box(5), box(7), box(8)], [0.9, 0.8, 0.7, 0.6])
    report = evaluate(VEHICLES, evidence({"student": {"C1/1": seen}}, known))
    row = json.loads(json.dumps(to_json(report)))["rows"][-1]
    assert [row[name] for name in ("boxes", "boxes_right", "boxes_false", "boxes_unjudged")] == [4, 1, 2, 1]
    assert [row[name] for name in ("share_right", "share_false", "share_unjudged")] == [0.25, 0.5, 0.25]
    said = "Of the 4 boxes that it draws at work, 1 is right (25.0 %), 2 are false (50.0 %) and 1 is unjudged (25.0 %)."
    assert said in verdict(report)
    text = page(report)
    assert said in text
    assert "Every box it draws at work" in text
    assert "<span>0.250</span>" in text

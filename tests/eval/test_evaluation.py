"""The report as a whole: rows, pooling, and what is said where something is missing."""

import json
from dataclasses import replace

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Truth
from lotwise.eval.comparison import to_json
from lotwise.eval.evaluation import evaluate
from lotwise.eval.protocols import PROTOCOLS, SLOTS, VEHICLES
from tests.eval.lots import box, evidence, slot, vehicles

GOOD = Detections.of([box(0), box(1)], [0.9, 0.8])
HALF = Detections.of([box(0)], [0.9])
NOISY = Detections.of([box(0), box(1), box(5)], [0.9, 0.8, 0.3])
TRUTH = {name: Truth(vehicles=vehicles([box(0), box(1)])) for name in ("C1/1", "C2/1")}
THREE = {
    "teacher": {"C1/1": NOISY, "C2/1": GOOD},
    "baseline": {"C1/1": HALF, "C2/1": HALF},
    "student": {"C1/1": GOOD, "C2/1": HALF},
}


def test_a_row_for_each_camera_and_role_and_for_all() -> None:
    report = evaluate(VEHICLES, evidence(THREE, TRUTH))
    assert [(row.camera, row.role) for row in report.rows] == [
        (camera, role) for camera in ("C1", "C2", "all") for role in THREE
    ]
    student = report.of_camera("all")["student"]
    assert (student.images, student.instances) == (2, 4)
    assert (student.precision, student.recall) == (1.0, 0.75)
    assert report.curves["student", "C1"].precision.min() == pytest.approx(1.0)


def test_deployed_figures_are_those_of_the_deployed_confidence() -> None:
    row = evaluate(VEHICLES, evidence(THREE, TRUTH)).of_camera("C1")["teacher"]
    assert (row.deployed_confidence, row.deployed_precision, row.deployed_recall) == (0.25, 2 / 3, 1.0)
    assert (row.precision, row.confidence) == (1.0, pytest.approx(0.8))  # best F1 leaves the false one out


def test_cameras_with_confidences_of_their_own_are_pooled_each_at_its_own() -> None:
    some = evidence({"student": {"C1/1": NOISY, "C2/1": NOISY}}, TRUTH)
    some.confidence["student"]["C1"] = 0.5
    row = evaluate(VEHICLES, some).of_camera("all")["student"]
    assert row.deployed_confidence is None
    assert row.deployed_precision == 4 / 5


@pytest.mark.parametrize("protocol", [VEHICLES, SLOTS], ids=lambda protocol: protocol.name)
def test_camera_without_truth_has_a_row_of_nulls_that_says_so(protocol) -> None:
    known = {"C1/1": Truth(vehicles=vehicles([box(0)]), slots={"1": "occupied"})}
    slots = {"C1": (slot("1", 0),), "C2": (slot("1", 0),)}
    report = evaluate(protocol, evidence(THREE, known, slots))
    row = report.of_camera("C2")["student"]
    assert (row.images, row.map50, row.precision, row.accuracy, row.held_out) == (0, None, None, None, False)
    assert "to measure by" in row.note
    assert report.of_camera("all")["student"].images == 1


def test_all_compares_only_what_every_role_was_run_on() -> None:
    partly = {**THREE, "student": {"C1/1": GOOD}}
    report = evaluate(VEHICLES, evidence(partly, TRUTH))
    assert {row.images for row in report.of_camera("all").values()} == {1}
    assert report.of_camera("C2")["student"].note == "the student was not run here"
    assert report.of_camera("C2")["teacher"].images == 1
    assert any("leave out C2" in note for note in report.notes)


def test_no_common_camera() -> None:
    apart = {"teacher": {"C1/1": GOOD}, "student": {"C2/1": GOOD}}
    rows = evaluate(VEHICLES, evidence(apart, TRUTH)).of_camera("all")
    assert [row.images for row in rows.values()] == [0, 0]


def test_frames_without_vehicles_are_measured() -> None:
    known = {**TRUTH, "C1/2": Truth(vehicles=vehicles([]))}
    seen = {"student": {"C1/1": GOOD, "C1/2": Detections.of([box(3)], [0.95]), "C2/1": GOOD}}
    row = evaluate(VEHICLES, evidence(seen, known)).of_camera("C1")["student"]
    assert (row.images, row.instances, row.deployed_precision) == (2, 2, 2 / 3)


def test_slots_by_hand() -> None:
    states = {"1": "occupied", "2": "free", "3": "occupied"}
    slots = {"C1": tuple(slot(name, column) for column, name in enumerate("1234"))}
    seen = Detections.of([box(0), box(1), box(3), box(2)], [0.9, 0.8, 0.7, 0.1])  # 0.1 is below 0.25
    some = evidence({"student": {"C1/1": seen}}, {"C1/1": Truth(slots=states)}, slots)
    report = evaluate(SLOTS, some, held_out={"C1": True})
    row = report.of_camera("C1")["student"]
    assert (row.slots, row.accuracy, row.errors, row.count_error) == (3, 1 / 3, 2, 0.0)
    assert (row.instances, row.deployed_precision, row.deployed_recall) == (
        2,
        0.5,
        0.5,
    )  # box 3: unlabelled slot
    assert row.held_out
    assert report.of_camera("all")["student"].accuracy == 1 / 3


def test_slots_of_a_camera_without_a_rule_are_read_by_half_cover() -> None:
    slots = {"C1": (slot("1", 0), slot("2", 1))}
    known = {"C1/1": Truth(slots={"1": "occupied", "2": "occupied"})}
    beside = Detections.of([box(0), [24, 2, 34, 10]], [0.9, 0.9])  # its centre lies in slot 2; it covers 8 of 10 px
    some = replace(evidence({"student": {"C1/1": beside}}, known, slots), slot_rules={})
    assert evaluate(SLOTS, some).of_camera("C1")["student"].errors == 0
    far = Detections.of([box(0), [28, 2, 38, 10]], [0.9, 0.9])  # 4 of 10 px
    some = replace(evidence({"student": {"C1/1": far}}, known, slots), slot_rules={})
    assert evaluate(SLOTS, some).of_camera("C1")["student"].errors == 1


def test_missing_detections_of_a_frame_are_an_error() -> None:
    known = {**TRUTH, "C1/2": Truth(vehicles=vehicles([box(0)]))}
    with pytest.raises(InputError, match="C1/2"):
        evaluate(VEHICLES, evidence(THREE, known))


def test_held_out_must_be_shown_for_every_camera_of_all() -> None:
    some = evidence(THREE, TRUTH)
    report = evaluate(VEHICLES, some, held_out={"C1": True, "C2": False})
    held = {camera: report.of_camera(camera)["student"].held_out for camera in ("C1", "C2", "all")}
    assert held == {"C1": True, "C2": False, "all": False}
    assert evaluate(VEHICLES, some, held_out={"C1": True, "C2": True}).of_camera("all")["student"].held_out


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda protocol: protocol.name)
def test_nothing_at_all_is_a_report_too(protocol) -> None:
    report = evaluate(protocol, evidence({}, {}))
    assert json.loads(json.dumps(to_json(report), allow_nan=False))["rows"] == []

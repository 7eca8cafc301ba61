"""The teacher as the yardstick."""

import numpy as np

from lotwise.datasets.frame import Detections
from lotwise.eval.evaluation import evaluate
from lotwise.eval.protocols import TEACHER
from tests.eval.lots import box, evidence


def test_sure_boxes_are_vehicles_unsure_ones_are_ignored_and_the_rest_is_nothing() -> None:
    seen = Detections.of([box(0), box(1), box(2), box(3)], [0.9, 0.25, 0.1, 0.02])
    truth = TEACHER.judged_frames(evidence({"teacher": {"C1/1": seen}}, {}))["C1/1"].truth
    assert truth.boxes.tolist() == np.float32([box(0), box(1), box(2)]).tolist()
    assert truth.ignore.tolist() == [False, False, True]


def test_student_that_does_as_the_teacher_agrees_wholly_and_may_differ_where_the_teacher_is_unsure() -> None:
    teacher = Detections.of([box(0), box(1), box(2)], [0.9, 0.8, 0.1])
    student = Detections.of([box(0), box(1), box(2)], [0.9, 0.8, 0.7])
    both = evidence({"teacher": {"C1/1": teacher}, "student": {"C1/1": student}}, {})
    rows = evaluate(TEACHER, both).of_camera("C1")
    assert list(rows) == ["student"]  # the yardstick is not measured by itself
    assert (rows["student"].deployed_precision, rows["student"].deployed_recall) == (1.0, 1.0)
    assert rows["student"].instances == 2


def test_camera_without_a_teacher_is_said_to_lack_one() -> None:
    some = Detections.of([box(0)], [0.9])
    partly = evidence({"teacher": {"C1/1": some}, "student": {"C1/1": some, "C2/1": some}}, {})
    report = evaluate(TEACHER, partly)
    assert report.of_camera("C2")["student"].note == "the teacher was not run here"
    assert report.of_camera("all")["student"].images == 1

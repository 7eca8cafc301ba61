"""Who does better, in marks and in words, and the JSON a program reads."""

import json

import pytest

from lotwise.eval.comparison import Report, against_baseline, is_best, remarks, to_json, verdict
from lotwise.eval.protocols import SLOTS, VEHICLES
from lotwise.eval.rows import Row
from tests.eval.lots import report, three

MAP50 = VEHICLES.headline
ERRORS = next(column for column in SLOTS.columns if column.field == "errors")
FRAMES = next(column for column in VEHICLES.columns if column.field == "images")


@pytest.mark.parametrize(
    ("figures", "best"),
    [
        ((0.9, 0.6, 0.95), {"student"}),
        ((0.9, 0.6, 0.9), {"teacher", "student"}),  # a tie for the best marks both
        ((0.9001, 0.6, 0.9), {"teacher", "student"}),  # equal as printed
        ((0.9, 0.9, 0.9), set()),  # all equal: nothing to mark
        ((None, None, 0.9), set()),  # nobody to be better than
        ((None, 0.5, 0.9), {"student"}),
    ],
)
def test_best_of_a_camera(figures, best) -> None:
    rows = {row.role: row for row in three("C1", *figures)}
    assert {role for role, row in rows.items() if is_best(row, rows, MAP50)} == best


def test_fewer_errors_are_better_and_a_number_of_frames_is_no_merit() -> None:
    rows = {row.role: row for row in three("C1", 0.9, 0.5, 0.8)}
    assert against_baseline(rows["student"], rows, ERRORS) == "better"
    assert is_best(rows["teacher"], rows, ERRORS)
    assert against_baseline(rows["student"], rows, FRAMES) is None


@pytest.mark.parametrize(
    ("baseline", "student", "expected"),
    [(0.5, 0.6, "better"), (0.6, 0.5, "worse"), (0.5, 0.5, None), (None, 0.5, None)],
)
def test_student_against_baseline(baseline, student, expected) -> None:
    rows = {row.role: row for row in three("C1", 0.9, baseline, student)}
    assert against_baseline(rows["student"], rows, MAP50) == expected
    assert against_baseline(rows["teacher"], rows, MAP50) is None


def test_verdict_counts_cameras() -> None:
    text = verdict(report())
    assert "teacher 0.900, baseline 0.650, student 0.800" in text
    assert "better than the baseline on 1 of 2 cameras, worse on 1" in text
    assert "better than the teacher on 1 of 2 cameras, worse on 1" in text


def test_verdict_without_truth() -> None:
    assert "Nothing could be measured" in verdict(Report(VEHICLES, (Row("student", "C1"), Row("student", "all"))))


def test_remarks_name_cameras_that_are_not_held_out_and_gather_notes_of_rows() -> None:
    rows = (
        Row("student", "C1", 1, held_out=False),
        Row("baseline", "C4", 1, held_out=False),  # never trained, so nothing can flatter it
        Row("student", "C2", note="no vehicle boxes to measure by"),
        Row("student", "C3", note="no vehicle boxes to measure by"),
    )
    notes = remarks(Report(VEHICLES, rows, notes=("first",)))
    assert notes[0] == "first"
    assert notes[1].startswith("Not held out by day: C1.")
    assert notes[2] == "C2, C3: no vehicle boxes to measure by."


def test_json_is_strict_and_complete() -> None:
    rows = (Row("student", "C1", precision=float("nan")),)
    data = json.loads(json.dumps(to_json(Report(VEHICLES, rows, notes=("a note",))), allow_nan=False))
    assert data["protocol"] == "vehicles"
    assert data["rows"][0]["precision"] is None
    assert "a note" in data["notes"]

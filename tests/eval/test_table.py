"""Tables a person reads and JSON a program reads."""

import io
import json

import pytest
from rich.console import Console

from lotwise.eval.rows import Report, Row
from lotwise.eval.table import COLUMNS, against_baseline, is_best, markdown, remarks, rich_table, to_json, verdict


def three(camera: str, teacher: float | None, baseline: float | None, student: float | None) -> tuple[Row, ...]:
    figures = {"teacher": teacher, "baseline": baseline, "student": student}
    return tuple(
        Row(
            role,
            camera,
            1,
            2,
            precision=f,
            map50=f,
            accuracy=f,
            slots=4,
            errors=None if f is None else int(9 - 9 * f),
        )
        for role, f in figures.items()
    )


def report(protocol="vehicles", notes=()) -> Report:
    rows = (*three("C1", 0.9, 0.6, 0.95), *three("C2", 0.9, 0.7, 0.65), *three("all", 0.9, 0.65, 0.8))
    return Report(protocol, rows, notes=notes)


MAP50 = next(column for column in COLUMNS["vehicles"] if column.field == "map50")
ERRORS = next(column for column in COLUMNS["slots"] if column.field == "errors")
FRAMES = next(column for column in COLUMNS["vehicles"] if column.field == "images")


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
    assert "Nothing could be measured" in verdict(Report("vehicles", (Row("student", "C1"), Row("student", "all"))))


@pytest.mark.parametrize("protocol", ["vehicles", "slots", "teacher"])
def test_markdown_has_as_many_cells_in_every_line(protocol) -> None:
    lines = [line for line in markdown(report(protocol)).splitlines() if line.startswith("|")]
    assert len(lines) == 2 + 9
    assert {line.count("|") for line in lines} == {len(COLUMNS[protocol]) + 3}


def test_markdown_marks_the_best_and_the_change() -> None:
    line = next(line for line in markdown(report()).splitlines() if line.startswith("| C1 | student"))
    assert "**0.950** ▲" in line
    assert "0.650 ▼" in next(line for line in markdown(report()).splitlines() if line.startswith("| C2 | student"))


@pytest.mark.parametrize("protocol", ["vehicles", "slots", "teacher"])
def test_terminal_table_shows_every_figure_within_110_columns(protocol) -> None:
    console = Console(width=110, record=True, file=io.StringIO())
    console.print(rich_table(report(protocol)))
    text = console.export_text()
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 110
    assert "0.950▲" in text
    assert "0.650▼" in text


def test_remarks_name_cameras_that_are_not_held_out_and_gather_notes_of_rows() -> None:
    rows = (
        Row("student", "C1", 1, held_out=False),
        Row("baseline", "C4", 1, held_out=False),  # never trained, so nothing can flatter it
        Row("student", "C2", note="no vehicle boxes to measure by"),
        Row("student", "C3", note="no vehicle boxes to measure by"),
    )
    notes = remarks(Report("vehicles", rows, notes=("first",)))
    assert notes[0] == "first"
    assert notes[1].startswith("Not held out by day: C1.")
    assert notes[2] == "C2, C3: no vehicle boxes to measure by."


def test_json_is_strict_and_complete() -> None:
    rows = (Row("student", "C1", precision=float("nan")),)
    data = json.loads(json.dumps(to_json(Report("vehicles", rows, notes=("a note",))), allow_nan=False))
    assert data["protocol"] == "vehicles"
    assert data["rows"][0]["precision"] is None
    assert "a note" in data["notes"]

"""What long work says where there is no terminal."""

import json
import threading
from pathlib import Path

import pytest

from lotwise.terminal import SECONDS_BETWEEN_LINES, ProgressLines, err, progress_bars, write_json


def test_a_line_now_and_then_and_one_at_the_end(capsys) -> None:
    now = [0.0]
    lines = ProgressLines(lambda: now[0])
    for done in range(1, 9):
        now[0] += SECONDS_BETWEEN_LINES / 3
        lines.tell("train C1", done, 8, f"loss {done}")
    assert capsys.readouterr().err.splitlines() == [
        "train C1: 3 of 8 (loss 3)",
        "train C1: 6 of 8 (loss 6)",
        "train C1: 8 done (loss 8)",
    ]


def test_a_stage_that_says_nothing_for_long_is_told_again(capsys) -> None:
    now = [0.0]
    lines = ProgressLines(lambda: now[0])
    lines.tell("export", 0, 2, "C1")
    for _ in range(6):
        now[0] += SECONDS_BETWEEN_LINES / 3
        lines.remind()
    assert capsys.readouterr().err.splitlines() == ["export: 0 of 2 (C1)"] * 2
    lines.tell("export", 2, 2, "")
    now[0] += 10 * SECONDS_BETWEEN_LINES
    lines.remind()  # it is finished; nothing is left to be told
    assert capsys.readouterr().err.splitlines() == ["export: 2 done"]


@pytest.mark.parametrize("total", [0, 5])
def test_work_that_has_just_begun_says_nothing(total: int, capsys) -> None:
    ProgressLines(lambda: 0.0).tell("label", 0, total, "")
    assert capsys.readouterr().err == ""


def test_a_reminder_comes_from_beside_the_work(capsys, monkeypatch) -> None:
    monkeypatch.setattr("lotwise.terminal.REMINDER_PERIOD_S", 0.01)
    monkeypatch.setattr("lotwise.terminal.SECONDS_BETWEEN_LINES", 0.0)
    told = threading.Event()
    real = err.print

    def printed(line: str) -> None:
        real(line)
        told.set()

    monkeypatch.setattr(err, "print", printed)
    with progress_bars() as progress:
        progress("export", 0, 1, "C1")
        told.clear()
        assert told.wait(60)  # though the work tells nothing more
    assert "export: 0 of 1 (C1)" in capsys.readouterr().err


def test_json_goes_into_a_folder_that_is_made_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_json(tmp_path / "new" / "r.json", {"a": [1, None]})
    assert json.loads((tmp_path / "new" / "r.json").read_text()) == {"a": [1, None]}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["r.json"]
    write_json(None, {})

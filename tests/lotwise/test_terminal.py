"""What long work says where there is no terminal."""

import json
from pathlib import Path

import pytest

from lotwise.terminal import SECONDS_BETWEEN_LINES, progress_lines, write_json


def test_a_line_now_and_then_and_one_at_the_end(capsys) -> None:
    now = [0.0]
    tell = progress_lines(lambda: now[0])
    for done in range(1, 9):
        now[0] += SECONDS_BETWEEN_LINES / 3
        tell("train C1", done, 8, f"loss {done}")
    assert capsys.readouterr().err.splitlines() == [
        "train C1: 3 of 8 (loss 3)",
        "train C1: 6 of 8 (loss 6)",
        "train C1: 8 done (loss 8)",
    ]


@pytest.mark.parametrize("total", [0, 5])
def test_work_that_has_just_begun_says_nothing(total: int, capsys) -> None:
    progress_lines(lambda: 0.0)("label", 0, total, "")
    assert capsys.readouterr().err == ""


def test_json_goes_into_a_folder_that_is_made_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    write_json(tmp_path / "new" / "r.json", {"a": [1, None]})
    assert json.loads((tmp_path / "new" / "r.json").read_text()) == {"a": [1, None]}
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["r.json"]
    write_json(None, {})

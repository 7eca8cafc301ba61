"""The loss over the epochs and the agreement over the frames, as pictures."""

import json
from pathlib import Path

import pytest

from lotwise.datasets.images import read_image
from lotwise.students.pipeline.plot import plot_curve, plot_log


@pytest.mark.parametrize("epochs", [1, 30])
def test_a_log_becomes_a_picture(tmp_path: Path, epochs: int) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(
        "".join(json.dumps({"epoch": e, "seconds": e, "score": 1 / e, "box": 0}) + "\n" for e in range(1, epochs + 1))
    )
    plot_log(log, tmp_path / "loss.png", "C1")
    assert read_image(tmp_path / "loss.png").std() > 5


@pytest.mark.parametrize("students", [[(1, 0.7)], [(1, 0.7), (2, 0.8), (3, 0.9)]])
def test_a_curve_becomes_a_picture(tmp_path: Path, students: list[tuple[int, float]]) -> None:
    plot_curve([(0, 0.5), *students], tmp_path / "curve.png", "C1: a verdict")
    assert read_image(tmp_path / "curve.png").std() > 5

"""Rules for thresholds are compared on what finished cells were tuned by."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks.clutter import thresholds
from benchmarks.clutter.thresholds import best, f_beta, lowest, nearest, recall_kept
from lotwise.students.pipeline.expected_f1 import Judged, choose_threshold
from tests.benchmarks.clutter.test_measure import call, small, started  # noqa: F401  fixtures


def judged(scores: list[float], probability: list[float], expected: float) -> Judged:
    return Judged(np.array(scores), np.array(probability), np.zeros(len(scores), bool), expected, 1)


DOUBTFUL = judged([0.9] * 20 + [0.4] * 10, [1.0] * 20 + [0.3] * 10, 23.0)
"""Ten boxes of 0.4, three of which are expected to be vehicles."""


def test_expected_f_beta_by_hand() -> None:
    assert f_beta(DOUBTFUL, 0.5, 1.0) == pytest.approx(DOUBTFUL.f1(0.5))
    assert f_beta(DOUBTFUL, 0.3, 2.0) == pytest.approx(5 * 23 / (30 + 4 * 23))


def test_rules_differ_in_what_recall_is_worth() -> None:
    assert nearest(1.0)(DOUBTFUL) == choose_threshold(DOUBTFUL) == pytest.approx(0.41)
    assert nearest(2.0)(DOUBTFUL) == 0.25
    assert recall_kept(0.005)(DOUBTFUL) == pytest.approx(0.4)  # those of 0.4 stay
    assert recall_kept(0.2)(DOUBTFUL) == pytest.approx(0.6)
    faint = judged([0.9] * 20 + [0.15] * 10, [1.0] * 30, 30.0)
    assert (best(faint) <= 0.15, lowest(1.0)(faint), recall_kept(0.01)(faint)) == (True, 0.25, 0.6)


@pytest.mark.usefixtures("small", "started")
def test_cells_are_compared_without_training(monkeypatch, tmp_path: Path, capsys) -> None:
    work, told = tmp_path / "work", tmp_path / "out.json"
    call(monkeypatch, work)
    monkeypatch.setattr(sys, "argv", ["thresholds", "--work", str(work), "--json", str(told)])
    thresholds.main()
    content = json.loads(told.read_text())
    assert {line["rule"] for line in content["lines"]} == set(thresholds.RULES)
    assert [cell["row"] for cell in content["cells"]] == ["default"]
    assert "as deployed" in capsys.readouterr().out

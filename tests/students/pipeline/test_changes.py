"""What a run folder loses when it is begun again with another plan."""

from pathlib import Path

import pytest

from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.students.losses.weights import LossWeights
from lotwise.students.pipeline.changes import lost_work
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.teacher.oracle import OracleSettings

PLAN = Plan(dataset="folder", root=Path("/frames"), teacher="t.pt", student="s.pt")


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run whose camera has learned three epochs."""
    run = Run(tmp_path)
    run.begin(PLAN)
    log = run.camera("gate") / "train" / "log.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text('{"epoch": 1}\n{"epoch": 2}\n{"epoch": 3}\n')
    return run


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"distill": DistillSettings(size=320)}, "size was 640, is 320: students are trained anew"),
        ({"distill": DistillSettings(weights=LossWeights(cwd=1))}, "weights.cwd was 0.0, is 1.0"),
        ({"oracle": OracleSettings(tiles=2)}, "tiles was 0, is 2"),
        (
            {"teacher": "u.pt"},
            "teacher was t.pt, is u.pt: where frames or labels change by that, students are trained anew",
        ),
        ({"frames": 8}, "frames was None, is 8"),
        ({"holdout": 0.5, "student": "n.pt"}, "student was s.pt, is n.pt; holdout was 0.25, is 0.5"),
    ],
)
def test_what_changed_and_what_is_lost_is_one_line(run: Run, changed: dict, words: str) -> None:
    (line,) = lost_work(run, PLAN.model_copy(update=changed))
    assert words in line
    assert "the epochs learned so far (gate 3) are given up" in line
    assert "another --out" in line


@pytest.mark.parametrize(
    "changed", [{}, {"export": ExportSettings(int8=False)}, {"cameras": ("gate",)}], ids=["same", "export", "cameras"]
)
def test_what_students_do_not_depend_on_loses_nothing(run: Run, changed: dict) -> None:
    assert lost_work(run, PLAN.model_copy(update=changed)) == []


def test_where_nothing_was_learned_nothing_is_lost(tmp_path: Path) -> None:
    other = PLAN.model_copy(update={"teacher": "u.pt"})
    assert lost_work(Run(tmp_path), other) == []
    Run(tmp_path).begin(PLAN)
    assert lost_work(Run(tmp_path), other) == []

"""A retraining that is killed outright, at each stage, ends as one that was left alone."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import Retrainings
from lotwise.students.retraining.job import retrain
from lotwise.students.retraining.retrain import Asked
from lotwise.teacher.checkpoint import load_model
from tests.conftest import ROOT
from tests.students.retraining.worlds import copied_run, new_folder

RETRAIN = """
import os, signal, sys
from pathlib import Path
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.job import retrain
from lotwise.students.retraining.retrain import Asked

run, new, stage, step = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])

def killed(now, done, total, note):
    if now.startswith(stage) and done >= step:
        os.kill(os.getpid(), signal.SIGKILL)

retrain(Run(run), Asked(new), cameras=["C1"], progress=killed)
"""
"""Works until a step of a stage is told, and is then gone without a word, as after ``kill -9`` or a power cut."""


def weights(run: Run) -> dict[str, object]:
    record = Retrainings(run, "C1").run(1).record("C1")
    assert record is not None
    return dict(load_model(Retrainings(run, "C1").run(1).camera("C1") / record.student).state_dict())


@pytest.mark.slow  # each kill is of a process of its own, which takes seconds to begin
def test_killed_at_each_stage_it_ends_as_if_it_had_been_left_alone(adapted: Path, tmp_path: Path) -> None:
    frames = new_folder(tmp_path, cameras=("C1",))
    alone, run = (copied_run(adapted, tmp_path / name) for name in ("alone", "killed"))
    (wanted,) = retrain(alone, Asked(frames), cameras=["C1"])
    for stage, step in (("label", 3), ("train C1", 1), ("export", 0)):
        job = [sys.executable, "-c", RETRAIN, str(run.folder), str(frames), stage, str(step)]
        done = subprocess.run(job, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr
        (record,) = Retrainings(run, "C1").records()
        assert not record.finished
    (found,) = retrain(run, Asked(frames), cameras=["C1"])
    assert found.record is not None and wanted.record is not None
    assert (found.word, found.record.winner) == (wanted.word, wanted.record.winner), found.why
    for name in ("new", "learned", "held_out", "replayed", "compared"):
        assert getattr(found.record, name) == getattr(wanted.record, name), name
    assert len(Retrainings(run, "C1").records()) == 1
    one, other = weights(alone), weights(run)
    assert one.keys() == other.keys() and all((one[name] == other[name]).all() for name in one)

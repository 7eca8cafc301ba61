"""One student for all cameras: the same frames and settings, each camera's registry; done once, resumed when killed."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import no_progress
from lotwise.students.distillation.distill import TrainedStudent
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.pipeline import one_for_all as module
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.one_for_all import OneForAllRun, one_for_all, shared_settings
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import open_labels


@pytest.fixture(scope="module")
def run(adapted: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A copy of the finished run of two cameras."""
    return Run(Path(shutil.copytree(adapted, tmp_path_factory.mktemp("one") / "run", symlinks=True)))


def make(run: Run, progress=no_progress) -> OneForAllRun:
    return one_for_all(run, open_footage(run.plan()), open_labels(run.knowledge), progress)


@pytest.fixture(scope="module")
def shared(run: Run) -> OneForAllRun:
    return make(run)


def test_every_camera_gets_the_same_student_that_learned_from_all(run: Run, shared: OneForAllRun) -> None:
    own, records = run.records(), shared.records()
    assert set(records) == set(own) == {"C1", "C2"}
    weights = {camera: (shared.camera(camera) / record.student).read_bytes() for camera, record in records.items()}
    assert weights["C1"] == weights["C2"] != (run.camera("C1") / own["C1"].student).read_bytes()
    for camera, record in records.items():
        assert (record.train, record.test, record.held_out) == (
            own[camera].train,
            own[camera].test,
            own[camera].held_out,
        )
        assert record.training["cameras"] == ["C1", "C2"]
        assert record.training["frames"] == sum(len(one.train) for one in own.values())
        assert shared.registry(camera).live().is_dir()


def test_the_cameras_own_students_and_bundles_stay(run: Run, adapted: Path, shared: OneForAllRun) -> None:
    assert run.records() == Run(adapted).records()
    assert run.plan() == Run(adapted).plan()


def test_what_is_done_is_not_done_again(run: Run, shared: OneForAllRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "distill", None)
    before = shared.records()
    assert make(run).records() == before


def test_a_training_that_was_killed_goes_on(run: Run, shared: OneForAllRun, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after it has learned and before any camera has got the student: not one step is made again."""
    before: Mapping[str, object] = {camera: one.training["weights"] for camera, one in shared.records().items()}
    shutil.rmtree(shared.folder / "cameras")
    steps: list[str] = []
    found: list[TrainedStudent] = []
    distill = module.distill

    def watched(*given, **named) -> TrainedStudent:
        found.append(distill(*given, **named))
        return found[-1]

    monkeypatch.setattr(module, "distill", watched)
    again = make(run, lambda stage, *_: steps.append(stage))
    assert len(found) == 1
    assert module.STAGE not in steps
    assert {camera: one.training["weights"] for camera, one in again.records().items()} == before


def test_it_may_make_as_many_steps_as_all_own_students_together() -> None:
    assert shared_settings(DistillSettings(min_steps=100, max_steps=2000), 9) == DistillSettings(
        min_steps=900, max_steps=18000
    )


def test_without_own_students_there_is_no_rival(four: Path, tmp_path: Path) -> None:
    labelled = Run(Path(shutil.copytree(four, tmp_path / "run")))
    with pytest.raises(InputError, match="no student here yet; run lotwise train"):
        make(labelled)

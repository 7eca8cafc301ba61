"""Later stages run on what labelling has left: no teacher, no truth, no frame decoded for its key."""

import shutil
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest

from lotwise.command_line import main
from lotwise.datasets import images
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Footage, Frame, Truth
from lotwise.datasets.load import load
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.pipeline import adapt as stages
from lotwise.students.pipeline.run import Run
from tests.conftest import Weights
from tests.students.pipeline.plans import call, plan_of


@pytest.fixture
def lot(site: Dataset, tmp_path: Path) -> Path:
    """A copy of the rendered site, to be changed."""
    return Path(shutil.copytree(site.root, tmp_path / "lot"))


@pytest.fixture
def own(weights: Weights, tmp_path: Path) -> Weights:
    """Weights that may be deleted."""
    (tmp_path / "weights").mkdir()
    return Weights(*(Path(shutil.copy(path, tmp_path / "weights")) for path in (weights.teacher, weights.student)))


def test_a_finished_run_is_gone_on_with_after_the_teacher_is_gone(site, own, tmp_path: Path, capsys) -> None:
    run = Run(tmp_path / "run")
    stages.adapt(run, plan_of(site, own))
    report = run.folder / "again.json"
    own.teacher.unlink()
    for camera in run.records():
        shutil.rmtree(run.camera(camera))
    call("train", "--run", str(run.folder))
    call("export", "--run", str(run.folder))
    call("curve", str(run.folder), "--camera", "C1", "--counts", "1")
    call("report", "--run", str(run.folder), "--json", str(report))
    assert report.is_file()
    assert all(run.registry(camera).live().is_dir() for camera in ("C1", "C2"))
    with pytest.raises(SystemExit) as end:
        main(["label", "--dataset", "synthetic", "--root", str(site.root), "--teacher", str(own.teacher)])
    assert end.value.code == 2


def test_stages_in_one_process_decode_each_frame_once(site, weights, tmp_path: Path) -> None:
    decoded: list[str] = []

    def counted(frame: Frame) -> images.Image:
        decoded.append(frame.name)
        return load(frame)

    from lotwise.datasets.frame_cache import FrameCache

    stages.adapt(Run(tmp_path), plan_of(site, weights), read=FrameCache(read=counted))
    assert sorted(decoded) == sorted(frame.name for frame in site.frames)


def test_a_second_run_decodes_nothing(site, weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path), plan_of(site, weights)
    stages.adapt(run, plan)

    def never(frame: Frame) -> images.Image:
        raise AssertionError(frame.name)

    assert stages.adapt(run, plan, read=never).labels.predicted == 0


def reachable(thing: Any) -> list[Any]:
    """All that can be reached from an object through its fields and containers."""
    found, left = [], [thing]
    while left:
        one = left.pop()
        found.append(one)
        if is_dataclass(one):
            left += [getattr(one, field.name) for field in fields(one)]
        elif isinstance(one, dict):
            left += one.values()
        elif isinstance(one, (list, tuple)):
            left += one
    return found


def test_no_stage_is_handed_truth(site, weights, tmp_path: Path, monkeypatch) -> None:
    assert "truth" not in {field.name for field in fields(Footage)}
    assert any(isinstance(one, Truth) for one in reachable(site))  # there is some that could leak
    handed: list[Any] = []

    def noting(stage: Callable) -> Callable:
        return lambda *given, **named: (handed.extend([*given, *named.values()]), stage(*given, **named))[1]

    for name in ("label_frames", "train_students", "export_bundles"):
        monkeypatch.setattr(stages, name, noting(getattr(stages, name)))
    stages.adapt(Run(tmp_path), plan_of(site, weights, cameras=("C1",)))
    assert sum(isinstance(one, Footage) for one in handed) == 3
    assert not [one for thing in handed for one in reachable(thing) if isinstance(one, (Truth, Dataset))]


def test_a_stage_too_early_says_what_comes_first(site, weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path), plan_of(site, weights)
    with pytest.raises(InputError, match="run lotwise adapt or lotwise label first"):
        stages.train(run)
    run.begin(plan)
    with pytest.raises(InputError, match="nothing is labelled here yet"):
        stages.train(run)
    stages.label(run, plan)
    with pytest.raises(InputError, match="run lotwise train"):
        stages.export(run)
    run.begin(plan.model_copy(update={"cameras": ("C1",)}))
    with pytest.raises(InputError, match="other frames, or another teacher's word"):
        stages.train(run)


def test_a_frame_that_changed_since_is_said_and_labelled_again(lot: Path, site, weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path / "run"), plan_of(site, weights, root=lot)
    stages.label(run, plan)
    first, second, *_ = sorted(lot.glob("C1/**/*.jpg"))
    first.write_bytes(second.read_bytes())
    with pytest.raises(InputError, match=rf"{first.name}: changed since the teacher looked; run lotwise label"):
        stages.train(run)
    stages.label(run, plan)
    assert stages.train(run)


def test_a_copy_that_keeps_no_times_is_no_change(lot: Path, site, weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path / "run"), plan_of(site, weights, root=lot)
    stages.label(run, plan)
    for path in lot.glob("**/*.jpg"):
        path.touch()
    assert stages.train(run)


def test_a_frame_that_was_mended_is_labelled_then(lot: Path, site, weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path / "run"), plan_of(site, weights, root=lot)
    (broken, *_) = sorted(lot.glob("C1/**/*.jpg"))
    whole = broken.read_bytes()
    broken.write_bytes(whole[:500])
    assert len(stages.label(run, plan).labels.skipped) == 1
    broken.write_bytes(whole)
    labels = stages.label(run, plan).labels
    assert (len(labels.skipped), labels.predicted) == (0, 1)


def test_two_at_once_in_one_folder_are_refused(site, weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path), plan_of(site, weights)
    with run.lock():
        for stage in (lambda: stages.adapt(run, plan), lambda: stages.label(run, plan), lambda: stages.train(run)):
            with pytest.raises(InputError, match=r"another lotwise works in this run folder \(process \d+\)"):
                stage()
    assert not run.begun
    stages.label(run, plan)


def test_changed_settings_are_said_before_what_was_learned_is_given_up(site, weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path), plan_of(site, weights, cameras=("C1",))
    told: list[str] = []
    stages.adapt(run, plan, note=told.append)
    stages.adapt(run, plan, note=told.append)
    assert told == []
    log = run.camera("C1") / "train" / "log.jsonl"
    changed = plan.model_copy(update={"distill": plan.distill.model_copy(update={"epochs": 3})})

    def note(line: str) -> None:
        told.append(line)
        assert len(log.read_text().splitlines()) == 2  # nothing is lost yet

    stages.adapt(run, changed, note=note)
    (line,) = told
    assert "epochs was 2, is 3" in line
    assert "the epochs learned so far (C1 2) are given up" in line


def test_other_frames_are_said_too(lot: Path, site, weights, tmp_path: Path) -> None:
    run, plan = Run(tmp_path / "run"), plan_of(site, weights, root=lot, cameras=("C1",))
    told: list[str] = []
    stages.adapt(run, plan, note=told.append)
    record = run.record("C1")
    assert record is not None
    (lot / record.train[0]).unlink()
    stages.adapt(run, plan, note=told.append)
    assert told[0].startswith("C1: its frames, or their labels, have changed; its student of ")


def test_too_few_frames_are_said(site, weights, tmp_path: Path) -> None:
    held_out = FewFramesSettings(pictures=1)  # however few there are, and none left out in turn
    run, plan = Run(tmp_path / "run"), plan_of(site, weights, cameras=("C1",), frames=1, few_frames=held_out)
    told: list[str] = []
    stages.adapt(run, plan, note=told.append)
    assert [line for line in told if line.startswith("C1: only one frame to learn from")]
    told.clear()
    stages.adapt(Run(tmp_path / "three"), plan_of(site, weights, cameras=("C1",)), note=told.append)
    assert told == []


def test_the_command_line_says_what_is_given_up(adapted: Path, site, weights, tmp_path: Path, capsys) -> None:
    folder = Path(shutil.copytree(adapted, tmp_path / "run"))
    call(
        "label", "--dataset", "synthetic", "--root", str(site.root), "--teacher", str(weights.teacher), "--student",
        str(weights.student), "--settings", str(adapted.parent / "settings.yaml"), "--scales", "96", "--holdout", "0.5",
        "--epochs", "7", "--out", str(folder),
    )  # fmt: skip
    said = capsys.readouterr().err
    assert "epochs was 2, is 7" in said
    assert "are given up" in said

"""Smaller students of a camera: tried, chosen without labels, exported, told of, and never trained twice."""

import json
import shutil
from pathlib import Path

import pytest

from lotwise.cameras.detection.bundle import read_manifest
from lotwise.cameras.detection.detector import load_detector
from lotwise.datasets.frame import Dataset
from lotwise.datasets.load import load
from lotwise.students.pipeline import adapt as stages
from lotwise.students.pipeline import rung_training
from lotwise.students.pipeline.gate import decide
from lotwise.students.pipeline.run import Run
from lotwise.students.right_size.rung import FULL
from lotwise.students.right_size.settings import RightSizeSettings
from tests.conftest import Weights
from tests.students.pipeline.plans import call, plan_of

SMALLER = RightSizeSettings(budget="speed", tolerance=1.0, sizes=(64,), levels=False, crop=False, thin=None)


@pytest.fixture(scope="module")
def resized(site: Dataset, weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose cameras may lose whatever they lose. Read only."""
    folder = tmp_path_factory.mktemp("resized")
    stages.adapt(Run(folder), plan_of(site, weights, cameras=("C1",), right_size=SMALLER))
    return folder


@pytest.fixture
def copied(resized: Path, tmp_path: Path) -> Run:
    return Run(Path(shutil.copytree(resized, tmp_path / "run")))


def test_the_smaller_student_is_the_bundle_and_says_what_was_tried(resized: Path, site: Dataset) -> None:
    run = Run(resized)
    record = run.record("C1") or pytest.fail("no record")
    assert record.right_size is not None and record.right_size.taken == "64"
    manifest = read_manifest(run.registry("C1").folder / str(record.bundle))
    assert manifest.input == (64, 64) and record.size == (96, 96)
    assert read_manifest(run.registry("C1").folder / str(record.baseline)).input == (96, 96)
    told = manifest.measured["right_size"]
    assert [rung["name"] for rung in told["rungs"]] == [FULL, "64"]
    assert all(rung["ms"] > 0 and rung["mb"] > 0 and rung["why"] for rung in told["rungs"])
    detector = load_detector(run.registry("C1").folder / manifest.identity)
    frame = site.of_camera("C1")[0]
    assert detector([load(frame)])[0].boxes.max(initial=0) <= 160
    assert (run.camera("C1") / "right_size" / "ladder.png").is_file()


def test_what_was_chosen_before_is_not_chosen_again(copied: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("trained again")

    monkeypatch.setattr(rung_training, "distill", never)
    before = copied.record("C1")
    assert before is not None
    stages.resize(copied, SMALLER)
    assert copied.record("C1") == before
    # Another budget may take another rung, but of what was trained nothing is trained again.
    stages.resize(copied, SMALLER.model_copy(update={"tolerance": 0.9}))
    after = copied.record("C1")
    assert after is not None and after.right_size is not None and after.right_size.taken == "64"


def test_the_cheapest_rung_is_tried_once_more_with_fewer_channels(copied: Run, site: Dataset) -> None:
    stages.resize(copied, SMALLER.model_copy(update={"thin": 0.5, "levels": True}))
    record = copied.record("C1")
    assert record is not None and record.right_size is not None
    assert record.right_size.taken.endswith("-thin") and record.right_size.rungs[-1].thin == 0.5
    detector = load_detector(copied.registry("C1").folder / str(record.bundle))
    assert detector.input == (64, 64)
    detector([load(site.of_camera("C1")[0])])


def test_a_killed_job_trains_no_round_twice(copied: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(copied.camera("C1") / rung_training.FOLDER)
    trained: list[str] = []
    distill = rung_training.distill

    def killed(student, samples, settings, folder, *more, **named):
        trained.append(folder.parent.parent.name)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return distill(student, samples, settings, folder, *more, **named)

    monkeypatch.setattr(rung_training, "distill", killed)
    asked = SMALLER.model_copy(update={"thin": 0.5})
    with pytest.raises(KeyboardInterrupt):
        stages.resize(copied, asked)
    stages.resize(copied, asked)
    assert trained == ["64", "64-thin", "64-thin"]


def test_the_full_size_comes_back(copied: Run, capsys: pytest.CaptureFixture[str]) -> None:
    call("resize", str(copied.folder), "--budget", "full", "--json", str(copied.folder / "r.json"))
    record = copied.record("C1")
    assert record is not None and record.right_size is None
    assert read_manifest(copied.registry("C1").folder / str(record.bundle)).input == (96, 96)
    assert json.loads((copied.folder / "r.json").read_text()) == []
    assert copied.plan().right_size.budget == "full"


def test_a_machine_that_keeps_up_with_the_full_size_gets_it(copied: Run, capsys: pytest.CaptureFixture[str]) -> None:
    call("resize", str(copied.folder), "--fps", "0.01")
    record = copied.record("C1")
    assert record is not None and record.right_size is not None
    assert record.right_size.taken == FULL and "frames a second" in record.right_size.why
    assert "full*" in capsys.readouterr().out


def test_without_frames_that_could_judge_it_no_smaller_student_is_taken(
    site: Dataset, weights: Weights, tmp_path: Path
) -> None:
    said: list[str] = []
    run, plan = Run(tmp_path), plan_of(site, weights, cameras=("C1",), holdout=0.0, right_size=SMALLER)
    stages.label(run, plan)
    stages.train(run, note=said.append)
    record = run.record("C1")
    assert record is not None and record.right_size is not None and record.right_size.taken == FULL
    assert any("keeps the full size" in line for line in said)


def test_a_cheaper_student_may_agree_a_little_less_than_the_live_one() -> None:
    scores = {"student": 0.89, "baseline": 0.8, "live": 0.9}
    assert decide(scores).outcome == "kept"
    assert decide(scores, allowed=0.02).outcome == "promoted"
    assert decide(scores, allowed=0.005).outcome == "kept"
    assert decide({**scores, "baseline": 0.895}, allowed=0.02).outcome == "kept"  # the untouched nano costs as much


def test_wrong_wishes_are_one_line(copied: Run, capsys: pytest.CaptureFixture[str]) -> None:
    from lotwise.command_line import main

    for words in ([], ["--budget", "speed", "--fps", "5"], ["--budget", "speed", "--box-cameras", "3"]):
        with pytest.raises(SystemExit) as end:
            main(["resize", str(copied.folder), *words])
        assert end.value.code == 2
        assert len(capsys.readouterr().err.strip().splitlines()) == 1

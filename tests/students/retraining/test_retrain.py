"""A run's students are retrained: from the live one, on new and old frames, through a gate on both."""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.registry.use import RegistriesInUse
from lotwise.command_line import main
from lotwise.datasets.readers.open import open_dataset
from lotwise.eval.collect import collect
from lotwise.eval.retraining import write_changes
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import Retrainings
from lotwise.students.retraining.cpu_budget import CpuBudget
from lotwise.students.retraining.job import retrain
from lotwise.students.retraining.records import RetrainingRecord
from lotwise.students.retraining.retrain import Asked
from lotwise.students.right_size.settings import RightSizeSettings
from lotwise.teacher.index import open_labels
from tests.students.pipeline.plans import call
from tests.students.retraining.worlds import copied_run, new_folder


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return new_folder(tmp_path_factory.mktemp("later"))


@pytest.fixture(scope="module")
def done(adapted: Path, frames: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Both cameras retrained once. Read only."""
    run = copied_run(adapted, tmp_path_factory.mktemp("retrained") / "run")
    call("retrain", run.folder, "--new", frames, "--json", run.folder / "outcomes.json")
    return run


def test_each_camera_is_retrained_and_says_what_became_of_it(done: Run) -> None:
    outcomes = json.loads((done.folder / "outcomes.json").read_text())
    assert [one["camera"] for one in outcomes] == ["C1", "C2"]
    for one in outcomes:
        assert one["word"] in ("promoted", "kept"), one["why"]
        record = one["record"]
        assert (len(record["new"]), record["finished"], record["number"]) == (6, True, 1)
        assert sorted(record["learned"] + record["held_out"]) == sorted(record["new"])
        assert record["learned"] and record["held_out"]
        state = done.registry(one["camera"]).state()
        assert (state.live == record["bundle"]) == (one["word"] == "promoted")
        assert record["was_live"] == done.record(one["camera"]).live
        page = Path(one["page"]).read_text()
        assert "Live on" in page and one["camera"] in page


def test_a_report_measures_a_retrained_live_bundle_on_nothing_that_it_learned_from(
    done: Run, frames: Path, tmp_path: Path
) -> None:
    run = Run(Path(shutil.copytree(done.folder, tmp_path / "run", symlinks=True)))
    record, retraining = run.record("C1"), Retrainings(run, "C1").records()[-1]
    assert record is not None and retraining.bundle is not None
    run.registry("C1").promote(retraining.bundle)
    later = open_dataset("folder", frames, None)
    found = collect(run, replace(later, frames=later.of_camera("C1")))
    learned = {Path(name).stem.removeprefix("C1_") for name in retraining.learned}
    assert {frame.path.stem for frame in later.of_camera("C1")} > learned
    measured = {frame.path.stem for frame in found.evidence.frames}
    assert measured and not measured & learned
    assert [note for note in found.notes if "the live bundle was retrained on are left out" in note]


def test_it_is_measured_on_old_and_on_new_frames_that_nobody_learned_from(done: Run, adapted: Path) -> None:
    first = Run(adapted).record("C1")
    record = Retrainings(done, "C1").records()[-1]
    own = Retrainings(done, "C1").run(1).record("C1")
    assert first is not None and own is not None and record.compared is not None
    assert set(first.test) <= set(own.test) and not set(own.train) & set(own.test)
    old = {frame.frame for frame in record.compared.frames if not frame.recent}
    recent = {frame.frame for frame in record.compared.frames if frame.recent}
    assert old == set(first.test)
    assert {Path(name).name for name in recent} == set(record.held_out)
    assert set(own.train) >= set(first.train), "all old frames are replayed where there are so few"


def test_it_goes_on_from_the_live_bundle_and_its_own_says_so(done: Run) -> None:
    for camera in ("C1", "C2"):
        own = Retrainings(done, camera).run(1).record(camera)
        assert own is not None
        manifest = parse_manifest(done.registry(camera).folder / str(own.bundle))
        said, record = manifest.training, Retrainings(done, camera).records()[-1]
        if record.bundle == own.bundle:  # the node is to expect how far it leaves the live one
            assert manifest.measured["against_live"]["live"] == record.was_live
        assert (said["continues"], said["retraining"]) == (done.record(camera).live, 1)
        assert (said["new_frames"], said["replayed"]) == (3, 3)
        # All that it has learned from: before, where a student is gone on from, and now.
        keys = open_labels(Retrainings(done, camera).run(1).knowledge).keys
        now = {keys[name] for name in own.train}
        before = parse_manifest(done.registry(camera).folder / str(said["continues"])).training.get("pictures", [])
        assert set(said["pictures"]) == now | set(before)


def test_the_teacher_looks_at_new_frames_alone(done: Run, adapted: Path) -> None:
    before = open_labels(Run(adapted).knowledge)
    for record in (Retrainings(done, camera).records()[-1] for camera in ("C1", "C2")):
        assert record.looked == 6
    assert len(open_labels(done.knowledge).store) == len(before.store) + 12


def test_the_first_runs_own_record_and_frames_stay_as_they_were(done: Run, adapted: Path) -> None:
    assert done.records() == Run(adapted).records()
    assert len(open_footage(done.plan()).frames) == 12


def test_its_student_keeps_up_with_all_cameras_of_the_run(adapted: Path, frames: Path, tmp_path: Path) -> None:
    run = copied_run(adapted, tmp_path / "run")
    run.begin(run.plan().model_copy(update={"right_size": RightSizeSettings(fps=0.01)}))
    retrain(run, Asked(frames), cameras=["C1"])
    own = Retrainings(run, "C1").run(1).record("C1")
    assert own is not None and own.right_size is not None
    assert own.right_size.asked == "0.01 frames a second of each of 2 cameras"


def test_nothing_new_is_said_and_is_no_failure(done: Run, frames: Path, tmp_path, capsys) -> None:
    run = copied_run(done.folder, tmp_path / "run")
    call("retrain", run.folder, "--new", frames)
    said = capsys.readouterr().out
    assert said.count("nothing new") == 2 and "Nothing is new, so nothing was retrained." in said
    assert len(Retrainings(run, "C1").records()) == 1


def test_few_new_frames_wait_for_more(adapted: Path, frames: Path, tmp_path: Path) -> None:
    run = copied_run(adapted, tmp_path / "run")
    (one, two) = retrain(run, Asked(frames, least=7))
    assert (one.word, one.why) == ("nothing new", "6 new frames, 7 are wanted")
    assert two.word == "nothing new"


def test_a_folder_that_is_played_again_and_again_shows_nothing_new(adapted: Path, frames: Path, tmp_path: Path) -> None:
    run = copied_run(adapted, tmp_path / "run")
    learned = [frame.path for frame in open_footage(run.plan()).of_camera("C1")]
    for number, picture in enumerate(learned):
        target = tmp_path / "again" / "C1" / f"2027-03-{number + 1:02d}_08_00_00.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(picture, target)
    (outcome,) = retrain(run, Asked(tmp_path / "again"), cameras=["C1"])
    record = outcome.record
    assert record is not None and (outcome.word, record.known, record.finished) == ("kept", 6, True)
    assert "6 of the 6 new frames show pictures that are known already" in outcome.why
    assert run.registry("C1").state().live == Run(adapted).registry("C1").state().live
    assert "known already" in write_changes(run, open_footage(run.plan()), record).read_text()
    # What is new beside them is learned from, and the others are counted.
    for number, picture in enumerate(sorted((frames / "C1").glob("*.jpg"))):
        for month in (4, 5):
            shutil.copyfile(picture, tmp_path / "again" / "C1" / f"2027-{month:02d}-{number + 1:02d}_08_00_00.jpg")
    (outcome,) = retrain(run, Asked(tmp_path / "again"), cameras=["C1"])
    record = outcome.record
    assert record is not None and (record.known, len(record.new)) == (6, 12)
    assert len(record.learned) + len(record.held_out) == 6
    assert any("known already and left out" in note for note in record.notes)
    assert f"{record.known} more" in write_changes(run, open_footage(run.plan()), record).read_text()


def test_where_a_broken_one_was_deleted_no_other_is_written_over(adapted: Path, frames: Path, tmp_path: Path) -> None:
    run = copied_run(adapted, tmp_path / "run")
    chain, now = Retrainings(run, "C1"), datetime(2027, 1, 1, tzinfo=UTC)
    for number in (1, 3):  # the second one was broken, and its folder deleted as told
        chain.save(RetrainingRecord(camera="C1", number=number, begun=now, new=(), sources=(), finished=True))
    with pytest.raises(KeyboardInterrupt):
        retrain(run, Asked(frames), cameras=["C1"], progress=stopping_at("label"))
    assert [(record.number, len(record.new)) for record in chain.records()] == [(1, 0), (3, 0), (4, 6)]


def test_new_frames_that_cannot_be_read_do_not_block_a_camera(adapted: Path, frames: Path, tmp_path: Path) -> None:
    run, later = copied_run(adapted, tmp_path / "run"), Path(shutil.copytree(frames, tmp_path / "later"))
    for file in sorted((later / "C1").glob("*.jpg"))[3:]:  # the last day, which is held out
        file.write_bytes(file.read_bytes()[:300])
    (outcome,) = retrain(run, Asked(later), cameras=["C1"])
    assert outcome.record is not None and (outcome.word, outcome.record.finished) == ("kept", True)
    assert "too few of the 6 new frames can be read" in outcome.why
    assert "can be read" in write_changes(run, open_footage(run.plan()), outcome.record).read_text()
    (outcome,) = retrain(run, Asked(later), cameras=["C1"])
    assert outcome.word == "nothing new"


def test_a_bad_camera_does_not_stop_the_others(adapted: Path, frames: Path, tmp_path: Path) -> None:
    run = copied_run(adapted, tmp_path / "run")
    broken = Retrainings(run, "C1").place(1)
    broken.mkdir(parents=True)
    (broken / "retraining.json").write_text("{")
    seen: list[str] = []
    outcomes = retrain(run, Asked(frames, least=99), done=lambda _, one: seen.append(one.camera))
    assert [one.word for one in outcomes] == ["failed", "nothing new"]
    assert "delete the folder" in outcomes[0].why and "retraining.json" in outcomes[0].why
    assert seen == ["C1", "C2"]


def stopping_at(stage: str) -> Callable[[str, int, int, str], None]:
    """A progress that ends the work at the first step of a stage, as a kill would."""

    def told(now: str, done: int, total: int, note: str) -> None:
        if now.startswith(stage):
            raise KeyboardInterrupt

    return told


def test_stopped_at_any_stage_it_goes_on_and_does_nothing_twice(adapted: Path, frames: Path, tmp_path: Path) -> None:
    run = copied_run(adapted, tmp_path / "run")
    for stage in ("label", "train", "export"):
        with pytest.raises(KeyboardInterrupt):
            retrain(run, Asked(frames), cameras=["C1"], progress=stopping_at(stage))
        assert not Retrainings(run, "C1").records()[-1].finished
    # Frames that come meanwhile are of the next retraining.
    later = shutil.copytree(frames, tmp_path / "later")
    shutil.copyfile(next((frames / "C2").glob("*.jpg")), later / "C1" / "2027-01-01_08_00_00.jpg")
    stages: list[str] = []
    (outcome,) = retrain(run, Asked(later), cameras=["C1"], progress=lambda stage, *_: stages.append(stage))
    assert outcome.word in ("promoted", "kept") and outcome.record is not None
    assert (len(outcome.record.new), outcome.record.looked) == (6, 6)
    assert "train C1" not in stages
    assert len(Retrainings(run, "C1").records()) == 1


def test_a_cpu_budget_stops_between_two_steps_and_leaves_the_others_for_the_next_round(
    adapted: Path, frames: Path, tmp_path: Path
) -> None:
    run = copied_run(adapted, tmp_path / "run")
    used, told = [0.0], list[str]()

    def spend(stage: str, done: int, total: int, note: str) -> None:
        used[0] += stage == "label"
        told.append(stage)

    budget = CpuBudget(4.0, clock=lambda: used[0])
    first, second = retrain(run, Asked(frames), budget=budget, progress=spend)
    assert used[0] == 4.0 and set(told) == {"label"}
    assert first.record is not None and first.record.cpu_s == 4.0
    assert (first.word, second.word) == ("out of budget", "out of budget")
    assert first.record is not None and not first.record.finished and second.record is None
    assert len(open_labels(run.knowledge).store) == 12, "what the teacher has said by then is kept"


def test_while_a_bundle_is_in_the_shadow_of_a_running_node_the_camera_waits(
    adapted: Path, frames: Path, tmp_path: Path
) -> None:
    run = copied_run(adapted, tmp_path / "run")
    registry, record = run.registry("C1"), run.record("C1")
    assert record is not None
    (other,) = {record.bundle, record.baseline} - {record.live}
    registry.start_shadow(str(other))
    node = RegistriesInUse([registry.folder])
    try:
        (outcome,) = retrain(run, Asked(frames), cameras=["C1"])
    finally:
        node.close()
    assert (outcome.word, outcome.why) == ("waits", f"bundle {other} still runs in the shadow of the live one")


def test_pictures_of_another_size_ask_for_slots(adapted: Path, frames: Path, tmp_path: Path) -> None:
    run = copied_run(adapted, tmp_path / "run")
    for file in (frames / "C1").glob("*.jpg"):
        (tmp_path / "new" / "C1").mkdir(parents=True, exist_ok=True)
        picture = np.asarray(cv2.resize(cv2.imread(str(file)), (320, 180)))
        cv2.imwrite(str(tmp_path / "new" / "C1" / file.name), picture)
    (outcome,) = retrain(run, Asked(tmp_path / "new"), cameras=["C1"])
    assert outcome.word == "asks for slots"
    assert "its pictures are 320x180 now and were 160x120" in outcome.why and "lotwise slots" in outcome.why
    assert not Retrainings(run, "C1").records()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--new", "nowhere"], "no such folder"),
        ([], "which frames are new"),
        (["--new", ".", "--cameras", "9"], "no student of camera"),
        (["--new", ".", "--every", "moon"], "expected night, or a span"),
        (["--new", ".", "--cpu-budget", "much"], "expected a span"),
        (["--new", ".", "--since", "then"], "--since then"),
    ],
)
def test_what_cannot_be_done_is_one_line(done: Run, words: list[str], said: str, capsys) -> None:
    with pytest.raises(SystemExit) as end:
        main(["retrain", str(done.folder), *words])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert said in error and "Traceback" not in error


def test_a_folder_without_a_run_is_named(tmp_path: Path, capsys) -> None:
    with pytest.raises(SystemExit) as end:
        main(["retrain", str(tmp_path), "--new", str(tmp_path)])
    assert end.value.code == 2
    assert "no run here" in capsys.readouterr().err

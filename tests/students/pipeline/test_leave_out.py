"""Cameras of few frames: students that each never saw some frames speak for the one that learned from all."""

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from lotwise.cameras.detection.bundle import read_manifest
from lotwise.cameras.detection.calibration import Calibration
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Detections, Footage, Frame
from lotwise.datasets.load import load
from lotwise.datasets.split import Split
from lotwise.eval.collect import collect
from lotwise.students.export.settings import ExportSettings
from lotwise.students.few_frames.blend import blend
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.model.student import make_student
from lotwise.students.pipeline import export as exporting
from lotwise.students.pipeline import leave_out as leaving
from lotwise.students.pipeline import measure_camera as measuring
from lotwise.students.pipeline.expectation import expected_vehicles
from lotwise.students.pipeline.expected_f1 import judge
from lotwise.students.pipeline.export import export_bundles, in_other_lights
from lotwise.students.pipeline.label import label_frames
from lotwise.students.pipeline.leave_out import few_frames_folds, left_out_detections
from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.train import train_students
from lotwise.students.pipeline.tune import tune
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.index import Labels
from tests.conftest import Weights
from tests.students.pipeline.plans import plan_of


def frame(place: int, day: int) -> Frame:
    return Frame("C1", str(place), Path(str(place)), datetime(2026, 3, day, 8, place))


@pytest.mark.parametrize(
    ("learned", "tested", "keys", "few"),
    [
        ("01", "2", "abc", True),  # three pictures
        ("01234", "5", "abcdef", False),  # six, one of them held out
        ("012345", "012345", "abcdef", True),  # nothing is held out
        ("012345", "6", "abcdefa", True),  # what is held out is a picture that was learned from
        ("0", "1", "aa", False),  # one picture under two names: there is nothing to leave out
        ("0", "0", "a", False),
    ],
)
def test_where_frames_are_left_out_in_turn(learned: str, tested: str, keys: str, few: bool) -> None:
    sides = [tuple(frame(int(place), int(place) + 1) for place in side) for side in (learned, tested)]
    split = Split(sides[0], sides[1], True, "")
    folds = few_frames_folds(split, {str(place): key for place, key in enumerate(keys)}, FewFramesSettings())
    assert (folds is not None) == few


def two_frames(site: Dataset) -> Footage:
    """A frame of each of the two days of C1."""
    frames = site.of_camera("C1")
    return replace(site.footage, frames=(frames[0], frames[-1]))


@pytest.fixture(scope="module")
def trained(site: Dataset, weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Labels]:
    """A run of two frames whose student is trained. Read only."""
    run = Run(tmp_path_factory.mktemp("few"))
    run.begin(plan_of(site, weights, cameras=("C1",), few_frames=FewFramesSettings(shares=(0.5, 1.0))))
    labels = label_frames(run, two_frames(site))
    train_students(run, two_frames(site), labels)
    return run, labels


@pytest.fixture
def own(trained: tuple[Run, Labels], tmp_path: Path) -> tuple[Run, Labels]:
    """A copy of it, to be changed."""
    return Run(Path(shutil.copytree(trained[0].folder, tmp_path / "run"))), trained[1]


def record_of(run: Run) -> CameraRecord:
    record = run.record("C1")
    assert record is not None
    return record


def with_agreement(run: Run, nano: float, student: float) -> None:
    """Let the parts have said this of nano and student."""
    record = record_of(run)
    assert record.left_out is not None
    said = {0.0: nano, 0.5: student, 1.0: student}
    run.save(
        record.model_copy(update={"left_out": record.left_out.model_copy(update={"agreement": said, "margin": 0.02})})
    )


def test_the_record_says_how_it_was_measured_and_that_the_student_learned_from_all(trained) -> None:
    record = record_of(trained[0])
    assert record.left_out is not None
    assert record.left_out.parts == tuple((name,) for name in record.train)
    assert (record.train, len(record.train), record.held_out) == (record.test, 2, True)
    assert record.note == "measured by leave-one-out of 2 frames; the student itself learned from all of them"
    assert (record.training["measured"], record.training["share"]) == (record.note, record.left_out.share)
    assert set(record.left_out.agreement) == {0.0, 0.5, 1.0}


def test_what_was_said_is_kept_and_is_what_the_agreement_comes_from(trained, site: Dataset) -> None:
    (run, labels), record = trained, record_of(trained[0])
    assert record.left_out is not None
    said = left_out_detections(run, record)
    assert set(said) == set(record.train)
    expected = expected_vehicles(two_frames(site).frames, labels, run.plan().distill)
    judged = judge((found, expected[name]) for name, found in said.items())
    nano = tune(judge((found, expected[name]) for name, found in left_out_detections(run, record, 0.0).items()))
    assert record.left_out.agreement[0.0] == nano.expected_f1
    assert record.left_out.agreement[record.left_out.share] == tune(judged, of_nano=nano.invented).expected_f1
    weights = [path for path in run.folder.glob("cameras/C1/left_out/**/*") if path.suffix in (".pt", ".safetensors")]
    assert weights == []


def test_no_student_of_a_part_sees_what_it_is_measured_on(
    site: Dataset, weights: Weights, tmp_path, monkeypatch
) -> None:
    run, learned = Run(tmp_path), []
    run.begin(plan_of(site, weights, cameras=("C1",)))
    labels, given = label_frames(run, two_frames(site)), two_frames(site).frames

    def learn(nano, classes, frames, *rest, **options):
        learned.append({one.name for one in frames})
        raise InputError("far enough")

    monkeypatch.setattr(leaving, "learn", learn)
    with pytest.raises(InputError, match="far enough"):
        train_students(run, two_frames(site), labels)
    assert learned == [{given[1].name}]


def test_a_killed_job_trains_no_part_twice(site: Dataset, weights: Weights, tmp_path: Path, monkeypatch) -> None:
    run, learn, trained = Run(tmp_path), leaving.learn, []
    run.begin(plan_of(site, weights, cameras=("C1",)))
    labels = label_frames(run, two_frames(site))

    def killed_at_the_second(*words, **options):
        trained.append(words[6].name)
        if trained == ["0", "1"]:
            raise KeyboardInterrupt
        return learn(*words, **options)

    monkeypatch.setattr(leaving, "learn", killed_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        train_students(run, two_frames(site), labels)
    assert run.record("C1") is None
    train_students(run, two_frames(site), labels)
    assert trained == ["0", "1", "1"]
    train_students(run, two_frames(site), labels)
    assert trained == ["0", "1", "1"]
    run.begin(run.plan().model_copy(update={"few_frames": FewFramesSettings(margin=1.0)}))
    train_students(run, two_frames(site), labels)
    assert trained == ["0", "1", "1"]  # what was said is weighed anew, not said again
    assert record_of(run).left_out.margin == 1.0


def test_a_student_whose_parts_lose_does_not_go_live(own, site: Dataset) -> None:
    run, labels = own
    with_agreement(run, nano=0.6, student=0.605)
    export_bundles(run, two_frames(site), labels)
    record = record_of(run)
    assert record.gate is not None
    assert record.gate.agreement_with_teacher == {"student": 0.605, "baseline": 0.6}
    assert (record.gate.winner, record.live) == ("baseline", record.baseline)
    assert read_manifest(run.registry("C1").live()).role == "baseline"


def test_a_student_whose_parts_win_goes_live_at_the_share_that_they_chose(own, site: Dataset) -> None:
    run, labels = own
    with_agreement(run, nano=0.5, student=0.6)
    record = record_of(run)
    assert record.left_out is not None
    run.save(record.model_copy(update={"left_out": record.left_out.model_copy(update={"share": 0.5})}))
    export_bundles(run, two_frames(site), labels)
    record, live = record_of(run), run.registry("C1").live()
    assert record.live == record.bundle == live.name
    assert read_manifest(live).training["measured"] == record.note
    plan = run.plan()
    student = load_model(run.camera("C1") / "train" / "student.safetensors")
    expected = blend(make_student(plan.student, plan.oracle.classes), student, 0.5)
    deployed = load_model(live / "student.safetensors")
    name = "model.0.conv.weight"
    assert torch.allclose(deployed.state_dict()[name], expected.state_dict()[name], atol=1e-3)
    assert not torch.allclose(deployed.state_dict()[name], student.state_dict()[name], atol=1e-6)


def test_the_report_shows_what_was_said_by_students_that_never_saw_a_frame(own, site: Dataset) -> None:
    run, labels = own
    export_bundles(run, two_frames(site), labels)
    given = two_frames(site)
    dataset = replace(site, frames=given.frames)
    found = collect(run, dataset)
    assert {one.name for one in found.evidence.frames} == {one.name for one in given.frames}
    said = left_out_detections(run, record_of(run))
    for name, one in found.evidence.predictions["student"].items():
        assert isinstance(one, Detections)
        assert (one.boxes == said[name].boxes).all()
    assert found.held_out == {"C1": True}
    assert found.live[0].why.endswith("on frames left out in turn")
    assert [note for note in found.notes if "leave-one-out of 2 frames; the student itself learned from all" in note]


def test_the_report_reads_them_by_the_calibration_of_the_student_at_work(own, site: Dataset, monkeypatch) -> None:
    """Its thresholds are of calibrated scores: raw ones fall below them, and most slots were told as free."""
    run, labels = own
    calibration = Calibration(slope=0.7, offset=1.2)

    def calibrated(*judged, **options):
        return replace(tune(*judged, **options), calibration=calibration)

    monkeypatch.setattr(measuring, "tune", calibrated)
    export_bundles(run, two_frames(site), labels)
    found = collect(run, replace(site, frames=two_frames(site).frames)).evidence
    raw = left_out_detections(run, record_of(run))
    compared = 0
    for name, one in found.predictions["student"].items():
        assert isinstance(one, Detections)
        assert np.allclose(one.scores, calibration(raw[name].scores))
        compared += len(one)
    assert compared


def test_int8_is_compared_on_a_part_that_it_was_not_calibrated_on(own, site: Dataset, monkeypatch) -> None:
    run, labels = own
    with_agreement(run, nano=0.5, student=0.6)
    plan = run.plan()
    run.begin(plan.model_copy(update={"export": ExportSettings()}))
    given = [load(one) for one in two_frames(site).frames]

    def add_int8(student, folder, seen, held_out, settings, on):
        assert on == "held-out frame"
        calibrated, compared = list(seen), list(held_out())
        assert (len(calibrated), len(compared)) == (1, 1)
        assert (calibrated[0] == given[0]).all()
        assert (compared[0] == given[1]).all()
        return SimpleNamespace(measured={"int8": {"refused": "not asked here"}})

    monkeypatch.setattr(exporting, "add_int8", add_int8)
    export_bundles(run, two_frames(site), labels)
    assert record_of(run).gate.int8 == {"refused": "not asked here"}


def test_the_only_picture_of_a_camera_is_shown_in_other_lights_to_compare_on(site: Dataset) -> None:
    frames = two_frames(site).frames[:1]
    first, again = (list(in_other_lights(frames, load)) for _ in range(2))
    own = load(frames[0])
    assert len(first) == 3
    assert all((one == other).all() for one, other in zip(first, again, strict=True))
    assert all(one.shape == own.shape and (one != own).any() for one in first)
    # Further and further from the picture that INT8 is calibrated on, and still to be seen.
    apart = [np.abs(one.astype(int) - own).mean() for one in first]
    assert apart[0] < apart[-1] and first[-1].std() > 5


def test_files_of_parts_that_are_gone_are_said_in_one_line(own) -> None:
    run, _ = own
    record = record_of(run)
    (run.camera("C1") / "left_out" / "1" / "said.npz").write_bytes(b"broken")
    with pytest.raises(InputError, match=r"left_out/1/said.npz: missing or broken; delete .*run lotwise adapt again"):
        left_out_detections(run, record)


def test_records_of_earlier_runs_are_read(adapted: Path) -> None:
    record = Run(adapted).record("C1")
    assert record is not None
    assert record.left_out is None  # three frames of a day are held out
    earlier = record.model_dump(exclude={"left_out"}, mode="json")
    assert CameraRecord.model_validate(earlier) == record

"""The verdict on a run: by day, on frames that nobody learned from, with the teacher's word where it has looked."""

from dataclasses import replace
from pathlib import Path

import pytest

from lotwise.cameras.trust.reference import read_reference
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset
from lotwise.eval.trust import run_trust
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.pipeline.export import export_bundles
from lotwise.students.pipeline.label import label_frames
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.train import train_students
from tests.conftest import Weights
from tests.students.pipeline.plans import plan_of


def test_each_camera_and_held_out_day_is_judged(adapted: Path, site) -> None:
    run = Run(adapted)
    found = run_trust(run, site)
    assert [one.camera for one in found] == ["C1", "C2"]
    for one in found:
        record = run.record(one.camera)
        assert [str(day.day) for day in one.days] == sorted({Path(name).parts[-2] for name in record.test})
        for day in one.days:
            assert 1 <= day.verdict.looked <= day.verdict.frames == 3  # frames of a bad view are not judged
            assert day.verdict.accuracy is None or 0 <= day.verdict.low <= day.verdict.accuracy <= day.verdict.high <= 1
            assert day.verdict.reasons


def test_the_live_bundle_carries_its_reference(adapted: Path) -> None:
    run = Run(adapted)
    reference = read_reference(run.registry("C1").live())
    assert reference is not None and reference.frames == 3 and reference.measured == "slots"
    assert len(reference.lights) == len(run.record("C1").train)


def test_one_camera_can_be_asked_for(adapted: Path, site) -> None:
    assert [one.camera for one in run_trust(Run(adapted), site, "C2")] == ["C2"]
    with pytest.raises(InputError, match="no live bundle of C9"):
        run_trust(Run(adapted), site, "C9")


def test_a_student_of_few_frames_is_not_judged_on_what_it_learned_from(
    site: Dataset, weights: Weights, tmp_path: Path
) -> None:
    """Students that left these frames out speak of them in the report; the live one has learned from all of them."""
    frames = site.of_camera("C1")
    given = replace(site, frames=(frames[0], frames[-1]))
    run = Run(tmp_path)
    run.begin(plan_of(site, weights, cameras=("C1",), few_frames=FewFramesSettings(shares=(1.0,))))
    labels = label_frames(run, given.footage)
    train_students(run, given.footage, labels)
    export_bundles(run, given.footage, labels)
    record = run.record("C1")
    assert record is not None and record.left_out is not None
    run.registry("C1").promote(record.baseline)
    (nano,) = run_trust(run, given)
    assert sum(day.verdict.frames for day in nano.days) == 2  # it has learned from none
    run.registry("C1").promote(record.bundle)
    (student,) = run_trust(run, given)
    assert student.days == ()

"""The verdict on a run: by day, on frames that nobody learned from, with the teacher's word where it has looked."""

from pathlib import Path

import pytest

from lotwise.cameras.trust.reference import read_reference
from lotwise.datasets.errors import InputError
from lotwise.eval.trust import run_trust
from lotwise.students.pipeline.run import Run


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

"""Time is counted for the inner stage, and told in training steps."""

import pytest

from benchmarks.reproduction import stages
from lotwise.eval.reproduction.work import Work


def test_time_of_a_stage_within_another_counts_for_the_inner_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def measure_camera() -> None:
        now[0] += 5

    def export_bundles() -> str:
        now[0] += 2
        stages.export.measure_camera()
        now[0] += 1
        return "done"

    monkeypatch.setattr(stages.export, "measure_camera", measure_camera)
    monkeypatch.setattr(stages.adapt, "export_bundles", export_bundles)
    with stages.counted(lambda: now[0]) as spent:
        assert stages.adapt.export_bundles() == "done"
        stages.export.measure_camera()
    assert spent == {"export": 3, "measuring": 10}
    assert stages.adapt.export_bundles is export_bundles


def test_costs_are_told_in_steps() -> None:
    work = Work(looks=12, own_steps=20, shared_steps=20, exports=4, measured=6, cameras=2)
    spent = {"looks": 9.0, "own students": 6.0, "one for all": 4.0, "export": 20.0, "measuring": 3.0}
    found = stages.in_steps(spent, work, steps=20)
    assert (found["step_s"], found["export_steps"], found["measured_steps"]) == (0.5, 10.0, 1.0)

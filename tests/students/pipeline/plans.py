"""A plan of the main job that takes seconds, and the command line, for tests of its stages."""

from dataclasses import replace

import pytest

from lotwise.command_line import main
from lotwise.datasets.frame import Dataset, Footage
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.students.pipeline.plan import Plan
from lotwise.teacher.oracle import OracleSettings
from tests.conftest import Weights


def plan_of(site: Dataset, weights: Weights, **changed) -> Plan:
    distill = DistillSettings(size=96, epochs=2, min_steps=1, batch=2)
    oracle = OracleSettings(scales=(96,), grid=96, latent_bytes=20_000)
    plan = Plan(
        dataset="synthetic", root=site.root, teacher=str(weights.teacher), oracle=oracle,
        student=str(weights.student), distill=distill, export=ExportSettings(int8=False), holdout=0.5,
    )  # fmt: skip
    return plan.model_copy(update=changed)


def only(site: Dataset, camera: str) -> Footage:
    return replace(site.footage, frames=site.of_camera(camera))


def call(*words: str) -> None:
    """Run the command line; it must succeed."""
    with pytest.raises(SystemExit) as end:
        main([*map(str, words)])
    assert end.value.code == 0

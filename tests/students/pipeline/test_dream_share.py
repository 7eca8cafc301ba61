"""A camera takes of the student of dreams what agrees best with the teacher on its own frames."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from lotwise.datasets.frame import Dataset, Footage
from lotwise.datasets.load import load
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.dream_share import take_share
from lotwise.students.pipeline.label import label_frames
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.teacher.checkpoint import load_model, save_model
from lotwise.teacher.index import Labels
from lotwise.teacher.oracle import OracleSettings
from tests.conftest import Weights
from tests.students.pipeline.plans import plan_of

CLASSES = ("vehicle",)


@pytest.fixture(scope="module")
def labelled(site: Dataset, weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Footage, Labels]:
    """What the embedded teacher says of the frames of C1."""
    run = Run(tmp_path_factory.mktemp("labelled"))
    oracle = OracleSettings(scales=(160,), grid=160, classes=CLASSES)
    plan = plan_of(site, weights, cameras=("C1",), teacher=str(TEACHER), oracle=oracle)
    run.begin(plan)
    footage = replace(site.footage, frames=site.of_camera("C1"))
    return plan, footage, label_frames(run, footage)


@pytest.fixture(scope="module")
def blind(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The embedded nano after it has forgotten what cars are."""
    model = make_student(NANO, CLASSES)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if ".cv3." in name:  # of the classes
                tensor.zero_()
    path = tmp_path_factory.mktemp("blind") / "blind.safetensors"
    save_model(model, path)
    return path


@pytest.mark.parametrize("shares", [(0.05, 1.0), (1.0, 0.05)])
def test_what_agrees_best_is_taken(
    labelled: tuple[Plan, Footage, Labels], blind: Path, tmp_path: Path, shares: tuple[float, ...]
) -> None:
    plan, footage, labels = labelled
    plan = plan.model_copy(update={"student": str(NANO), "few_frames": FewFramesSettings(shares=shares)})
    size, taken = (160, 128), tmp_path / "student.safetensors"
    harmful = take_share(plan, blind, footage.frames, size, labels, load, taken)
    assert harmful.share == 0.05
    assert harmful.agreement[1.0] < harmful.agreement[0.05] <= harmful.agreement[0.0]
    plan = plan.model_copy(update={"student": str(blind)})
    seeing = tmp_path / "seeing.safetensors"
    save_model(make_student(NANO, CLASSES), seeing)
    helpful = take_share(plan, seeing, footage.frames, size, labels, load, taken)
    assert helpful.share == 1.0
    assert helpful.agreement[0.0] < helpful.agreement[1.0]
    one, other = load_model(taken).state_dict(), load_model(seeing).state_dict()
    assert all(torch.equal(one[name], tensor) for name, tensor in other.items())

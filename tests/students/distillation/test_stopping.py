"""When a student has learned what it can: the rule by hand, and the check on frames that have no labels."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.images import content_key
from lotwise.datasets.load import load
from lotwise.datasets.readers.folder import read_folder
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.stopping import agreement_check, settled
from lotwise.students.model.student import make_student
from lotwise.teacher.checkpoint import fingerprint, save_model
from lotwise.teacher.knowledge import Knowledge
from lotwise.teacher.store import KnowledgeStore
from tests.models import tiny_yolo

SETTINGS = DistillSettings(size=96)
FITTED = Letterbox((160, 120), (96, 96))
CARS = Detections.of([[20, 15, 60, 45], [80, 50, 140, 110]], [0.9, 0.4])


@pytest.mark.parametrize(
    ("agreements", "over"),
    [
        ([], False),
        ([0.9, 0.9], False),  # too few checks to tell
        ([0.9, 0.9, 0.9], True),
        ([0.8, 0.9, 0.904, 0.904], True),  # gains too small to count
        ([0.8, 0.9, 0.904, 0.906], False),  # small gains that add up
        ([0.9, 0.7, 0.8], True),  # it got worse, and is not back
        ([0.9, 0.7, 0.91], False),
        ([0.5, 0.9, 0.9, 0.95], False),
        ([0.0, 0.0, 0.0], True),  # it learns nothing at all
    ],
)
def test_settled_is_two_checks_without_gain(agreements: list[float], over: bool) -> None:
    assert settled(agreements) is over


def test_patience_and_gain_can_be_asked_for() -> None:
    assert settled([0.9, 0.9], patience=1)
    assert not settled([0.5, 0.52, 0.54], gain=0.01)
    assert settled([0.5, 0.52, 0.54], gain=0.05)


class Parrot(nn.Module):
    """A student that says of each picture what it was told to, in input pixels, from the first anchors on."""

    def __init__(self, frames: Sequence[Frame], words: Mapping[str, Detections]) -> None:
        super().__init__()
        self.anything = nn.Parameter(torch.zeros(1))
        self.model = [SimpleNamespace(stride=torch.tensor([8.0]), reg_max=1)]
        self.words = {content_key(FITTED.image(load(frame))): words[frame.name] for frame in frames}

    def forward(self, pixels: torch.Tensor) -> tuple[None, dict[str, Any]]:
        image = (pixels[0] * 255).round().byte().flip(0).permute(1, 2, 0).contiguous().numpy()
        said = self.words[content_key(image)]
        rows, columns = pixels.shape[2] // 8, pixels.shape[3] // 8
        scores, distances = torch.full((1, 1, rows * columns), -20.0), torch.ones(1, 4, rows * columns)
        for anchor, (box, score) in enumerate(zip(torch.from_numpy(said.boxes), said.scores, strict=True)):
            centre = torch.tensor([anchor % columns + 0.5, anchor // columns + 0.5])
            distances[0, :, anchor] = torch.cat([centre - box[:2] / 8, box[2:] / 8 - centre])
            scores[0, 0, anchor] = torch.tensor(float(score)).logit()
        return None, {"scores": scores, "boxes": distances, "feats": [torch.zeros(1, 1, rows, columns)]}


@pytest.fixture(scope="module")
def frames(site, tmp_path_factory) -> tuple[Frame, ...]:
    """Pictures alone, copied to a folder in which there is no truth of any kind."""
    folder = tmp_path_factory.mktemp("pictures") / "gate"
    folder.mkdir()
    for number, frame in enumerate(site.of_camera("C1")):
        shutil.copy(frame.path, folder / f"{number}{frame.path.suffix}")
    return read_folder(folder.parent).frames


def samples_of(frames: Sequence[Frame], folder: Path, taught: Detections) -> Samples:
    """What the teacher said is nothing like what is taught."""
    store = KnowledgeStore.open(folder, "teacher", {})
    keys = {frame.name: content_key(load(frame)) for frame in frames}
    for key in keys.values():
        store.add(key, Knowledge((160, 120), Detections.of([[0, 0, 10, 10]], [0.99])))
    return Samples(frames, store, SETTINGS, keys, {frame.name: taught for frame in frames})


def agreement_of(frames: Sequence[Frame], folder: Path, taught: Detections, said: Detections) -> float:
    in_input = replace(said, boxes=FITTED.to_input(said.boxes))
    return agreement_check(samples_of(frames, folder, taught))(Parrot(frames, {f.name: in_input for f in frames}))


BEYOND = Detections.of([[-60, -50, 40, 60], [100, 60, 220, 200]], [0.9, 0.9])
"""Of cars that the border cuts, as a network says it."""
CUT = Detections.of([[0, 0, 40, 60], [100, 60, 160, 120]], [0.9, 0.9])


@pytest.mark.parametrize(
    ("taught", "said", "agreement"),
    [
        (CARS, CARS, 1.0),
        (CARS, Detections.of(CARS.boxes + 2, [0.3, 0.99]), 1.0),  # other scores, boxes a little off
        (CARS, CARS[:1], 2 / 3),
        (CARS[:1], CARS, 2 / 3),
        (CARS, Detections.empty(), 0.0),
        (Detections.empty(), Detections.empty(), 1.0),
        (CARS, replace(CARS, scores=CARS.scores * 0.3), 2 / 3),  # one under the deployed confidence
        (replace(CARS, scores=CARS.scores / 5), CARS[:1], 1.0),  # what is left open need not be said
        (CUT, BEYOND, 1.0),
    ],
)
def test_agreement_is_that_of_the_deployed_boxes_with_the_taught_ones(
    frames, tmp_path: Path, taught: Detections, said: Detections, agreement: float
) -> None:
    assert agreement_of(frames, tmp_path, taught, said) == pytest.approx(agreement)


def test_a_student_is_not_changed_by_the_check_and_may_be_of_another_family(frames, tmp_path: Path) -> None:
    save_model(tiny_yolo(base="yolo26n.yaml"), tmp_path / "w.safetensors")
    student = make_student(tmp_path / "w.safetensors")
    before = fingerprint(student)
    check = agreement_check(samples_of(frames, tmp_path, CARS))
    assert 0 <= check(student) == check(student) <= 1
    assert fingerprint(student) == before


def test_of_many_frames_some_are_looked_at_from_first_to_last(frames, tmp_path: Path, monkeypatch) -> None:
    looked_at: list[int] = []
    plain = Samples.plain
    monkeypatch.setattr(Samples, "plain", lambda self, index: looked_at.append(index) or plain(self, index))
    many = [replace(frames[i % len(frames)], name=f"{i}.jpg") for i in range(50)]
    agreement_check(samples_of(many, tmp_path, CARS))
    assert looked_at == [0, 7, 14, 21, 28, 35, 42, 49]
    looked_at.clear()
    agreement_check(samples_of(many[:3], tmp_path, CARS))
    assert looked_at == [0, 1, 2]

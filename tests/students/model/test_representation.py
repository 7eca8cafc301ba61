"""Representation layers change nothing when they are put in, learn, and are gone without a trace when folded."""

import copy
import io

import pytest
import torch
from torch.optim.swa_utils import AveragedModel
from ultralytics.nn.modules import Detect
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.students.model.representation import RepresentationLayers, fold, insert
from lotwise.students.model.student import latent_channels, read_output
from tests.models import tiny_yolo

PICTURE = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
WIDE, SAME, NARROW = (32, 40, 48), (16, 16, 16), (4, 8, 8)


@pytest.fixture(scope="module")
def nano() -> DetectionModel:
    """A real nano with a head that says something of every picture."""
    torch.manual_seed(0)
    made = DetectionModel("yolov8n.yaml", nc=1, verbose=False)
    made.train()(torch.rand(2, 3, 64, 64))
    return made.eval()


def outputs(model: DetectionModel) -> dict[str, torch.Tensor]:
    with torch.no_grad():
        raw = model.eval()(PICTURE)[1]
    return {"boxes": raw["boxes"], "scores": raw["scores"]}


def train(model: DetectionModel, steps: int = 3) -> None:
    model.train()
    optimizer = torch.optim.SGD(model.parameters(), 1e-3)
    for _ in range(steps):
        raw = model(PICTURE)
        optimizer.zero_grad()
        (raw["scores"].square().mean() + raw["boxes"].square().mean()).backward()
        optimizer.step()


@pytest.mark.parametrize("widths", [(64, 128, 256), (256, 512, 512), (100, 130, 300)])
def test_a_real_nano_says_what_it_said_when_they_are_put_in_and_when_they_are_folded(nano, widths) -> None:
    student = copy.deepcopy(nano)
    names, cost = list(student.state_dict()), sum(p.numel() for p in student.parameters())
    before = outputs(student)
    assert insert(student, widths).widths == widths
    torch.testing.assert_close(outputs(student), before, atol=1e-4, rtol=1e-4)
    assert sum(p.numel() for p in student.parameters()) > cost
    train(student, 1)
    trained = outputs(student)
    assert (trained["scores"] - before["scores"]).abs().max() > 1e-3
    fold(student)
    torch.testing.assert_close(outputs(student), trained, atol=1e-4, rtol=1e-4)
    assert list(student.state_dict()) == names
    assert type(student.model[-1]) is Detect
    student.load_state_dict(nano.state_dict())


@pytest.mark.parametrize("widths", [WIDE, SAME, NARROW], ids=["wide", "same", "narrow"])
def test_folding_keeps_what_was_learned_whatever_the_width(widths) -> None:
    student = tiny_yolo()
    insert(student, widths)
    with torch.no_grad():
        for parameter in student.model[-1].representation.parameters():
            parameter.add_(0.1 * torch.randn(parameter.shape, generator=torch.Generator().manual_seed(1)))
    train(student)
    trained = outputs(student)
    fold(student)
    # Boxes are in pixels, and sums in another order differ by more on some processors than on others.
    torch.testing.assert_close(outputs(student), trained, atol=1e-3, rtol=1e-3)


def test_a_narrow_representation_keeps_what_weighs_most_in_the_head() -> None:
    """Where the head reads four directions of the neck only, four are enough."""
    student = tiny_yolo()
    generator = torch.Generator().manual_seed(0)
    few = torch.linalg.qr(torch.randn(16, 4, generator=generator)).Q
    with torch.no_grad():
        for branch in (student.model[-1].cv2, student.model[-1].cv3):
            branch[0][0].conv.weight.copy_(torch.einsum("ochw,cr,sr->oshw", branch[0][0].conv.weight, few, few))
    before = outputs(student)
    insert(student, (4, *latent_channels(student)[1:]))
    torch.testing.assert_close(outputs(student), before, atol=1e-4, rtol=1e-4)


def test_folding_what_has_no_layers_does_nothing() -> None:
    student = tiny_yolo()
    before = copy.deepcopy(student.state_dict())
    fold(student)
    assert all(torch.equal(before[name], tensor) for name, tensor in student.state_dict().items())


def test_representations_are_those_of_the_last_training_forward() -> None:
    student = tiny_yolo()
    layers = insert(student, WIDE)
    student.train()(PICTURE)
    assert [tuple(level.shape) for level in layers.said] == [(2, 32, 8, 12), (2, 40, 4, 6), (2, 48, 2, 3)]
    assert all(level.requires_grad for level in layers.said)
    outputs(student)
    assert layers.said == ()


def test_a_gradient_reaches_neck_head_and_both_layers() -> None:
    student = tiny_yolo()
    layers = insert(student, WIDE)
    raw = student.train()(PICTURE)
    (read_output(student, raw).logits.mean() + sum(level.square().mean() for level in layers.said)).backward()
    neck = student.model[15].cv2.conv.weight
    head = student.model[-1].cv3[0][0].conv.weight
    for weight in (neck, head, layers.layers[0].weight, layers.adaptors[0].weight):
        assert weight.grad.abs().sum() > 0


def test_a_copy_made_in_the_middle_of_training_is_on_its_own_and_can_be_folded() -> None:
    student = tiny_yolo()
    insert(student, WIDE)
    student.train()(PICTURE)
    average = AveragedModel(student, use_buffers=True)
    train(student)
    average.update_parameters(student)
    trained = outputs(student)
    torch.testing.assert_close(outputs(average.module), trained)
    fold(average.module)
    torch.testing.assert_close(outputs(average.module), trained, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(outputs(student), trained)


def test_state_is_saved_and_loaded() -> None:
    student, other = tiny_yolo(), tiny_yolo(seed=1)
    insert(student, WIDE)
    insert(other, WIDE)
    train(student)
    buffer = io.BytesIO()
    torch.save(student.state_dict(), buffer)
    buffer.seek(0)
    other.load_state_dict(torch.load(buffer, weights_only=True))
    torch.testing.assert_close(outputs(other), outputs(student))


def test_they_train_in_bfloat16_and_channels_last() -> None:
    student = tiny_yolo().to(memory_format=torch.channels_last)
    layers = insert(student, WIDE)
    with torch.autocast("cpu", torch.bfloat16):
        raw = student.train()(PICTURE)
    assert all(level.dtype == torch.float32 for level in layers.said)
    read_output(student, raw).logits.sum().backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in layers.parameters())


@pytest.mark.parametrize("base", ["yolo11n.yaml", "yolo26n.yaml"])
def test_heads_that_begin_with_depthwise_convolutions_are_refused_in_one_line(base: str) -> None:
    student = tiny_yolo(base=base)
    with pytest.raises(InputError, match=r"YOLOv8 student, or set weights\.representation to 0") as refusal:
        insert(student, WIDE)
    assert "\n" not in str(refusal.value)
    assert not any(isinstance(module, RepresentationLayers) for module in student.modules())


def test_layers_are_put_in_once() -> None:
    student = tiny_yolo()
    insert(student, WIDE)
    with pytest.raises(ValueError, match="already"):
        insert(student, WIDE)

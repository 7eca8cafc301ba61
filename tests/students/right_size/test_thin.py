"""A thinned student is smaller, can be stored and read, and says nearly the same where channels said the same."""

from pathlib import Path

import torch

from lotwise.students.model.student import make_student
from lotwise.students.right_size.levels import without_levels
from lotwise.students.right_size.thin import _pairs, can_be_thinned, thinned
from lotwise.teacher.checkpoint import load_model, save_model
from tests.models import tiny_yolo

PICTURES = [torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(seed)) for seed in range(2)]


def parameters(model: torch.nn.Module) -> int:
    return sum(one.numel() for one in model.parameters())


def said(model: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        return model(PICTURES[0])[1]["scores"]


def test_fewer_channels_are_stored_and_read(tmp_path: Path) -> None:
    student = tiny_yolo()
    made = thinned(student, 0.5, PICTURES)
    assert parameters(made) < parameters(student)
    save_model(made, tmp_path / "thin.safetensors")
    again = load_model(tmp_path / "thin.safetensors")
    assert torch.equal(said(again), said(made))
    assert said(made).shape == said(student).shape
    save_model(without_levels(again, ["P5"]), tmp_path / "both.safetensors")
    assert parameters(load_model(tmp_path / "both.safetensors")) < parameters(again)


def test_channels_that_say_what_others_say_are_no_loss() -> None:
    """Of channels that come in pairs of equals each pair is as good as one: least squares finds the other half."""
    student = tiny_yolo()
    with torch.no_grad():
        for first, second in _pairs(student):
            half = second.in_channels // 2
            norm = first.bn
            for tensor in (first.conv.weight, norm.weight, norm.bias, norm.running_mean, norm.running_var):
                tensor[half : 2 * half] = tensor[:half]
    made = thinned(student, 0.5, PICTURES)
    assert parameters(made) < parameters(student)
    assert (said(made) - said(student)).abs().mean() < 0.05 * said(student).std()


def test_a_head_of_depthwise_layers_is_left_alone_where_it_must_be(tmp_path: Path) -> None:
    save_model(tiny_yolo(base="yolo26n.yaml"), tmp_path / "nano.safetensors")
    student = make_student(tmp_path / "nano.safetensors")
    assert can_be_thinned(student)
    assert said(thinned(student, 0.5, PICTURES)).shape == said(student).shape

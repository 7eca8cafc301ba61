import copy

import pytest
import torch

from lotwise.datasets.errors import InputError
from lotwise.students.ensemble.narrow import channel_power, narrowed, recalibrated
from lotwise.teacher.checkpoint import load_model, save_model
from tests.models import tiny_yolo

PICTURE = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))


def test_with_all_its_channels_a_student_says_what_it_said() -> None:
    student = tiny_yolo(1)
    same = narrowed(student, 1.0, channel_power(student, [PICTURE]))
    with torch.no_grad():
        assert torch.equal(student(PICTURE)[0], same(PICTURE)[0])


def test_channels_that_say_nothing_are_the_first_to_go() -> None:
    """Half of every layer's channels are silenced; taking these out changes nothing."""
    student = tiny_yolo(2)
    whole = copy.deepcopy(student)
    convs = [module for module in whole.modules() if type(module).__name__ == "Conv"]
    for conv in convs:
        silent = torch.arange(len(conv.bn.weight)) % 2 == 1
        with torch.no_grad():
            conv.bn.weight[silent] = 0
            conv.bn.bias[silent] = 0  # SiLU(0) is 0
    made = narrowed(whole, 0.5, channel_power(whole, [PICTURE]))
    with torch.no_grad():
        assert torch.allclose(whole(PICTURE)[0], made(PICTURE)[0], atol=1e-4)
    assert sum(p.numel() for p in made.parameters()) < 0.6 * sum(p.numel() for p in whole.parameters())


def test_a_narrow_student_is_stored_and_read_like_any_other(tmp_path) -> None:
    student = tiny_yolo(3)
    made = narrowed(student, 0.5, channel_power(student, [PICTURE]))
    save_model(made, tmp_path / "narrow.safetensors")
    with torch.no_grad():
        assert torch.equal(load_model(tmp_path / "narrow.safetensors")(PICTURE)[0], made(PICTURE)[0])


def test_layers_that_cannot_be_made_narrower_are_named() -> None:
    student = tiny_yolo(4, base="yolo11n.yaml")
    with pytest.raises(InputError, match="a C3k2 layer cannot be made narrower for a board; take a YOLOv8 student"):
        narrowed(student, 0.5, channel_power(student, [PICTURE]))


def test_after_recalibration_each_norm_passes_on_what_it_is_made_for() -> None:
    """Mean 0 and variance 1 before scale and shift, which statistics of other channels do not give."""
    student = tiny_yolo(5)
    narrow = narrowed(student, 0.25, channel_power(student, [PICTURE]))

    def spread(model: torch.nn.Module) -> float:
        norm = model.model[5].bn
        said: list[torch.Tensor] = []
        hook = norm.register_forward_hook(lambda _, __, out: said.append(out))
        with torch.no_grad():
            model(PICTURE)
        hook.remove()
        plain = (said[0] - norm.bias[:, None, None]) / norm.weight[:, None, None]
        return float((plain.std((0, 2, 3)) - 1).abs().mean().detach())

    assert spread(recalibrated(narrow, [PICTURE])) < 0.1 < spread(narrow)

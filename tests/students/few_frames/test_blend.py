"""Between nano and student: both ends are exactly what they are, and the middle says something of its own."""

import pytest
import torch

from lotwise.students.few_frames.blend import blend
from tests.models import tiny_yolo


def same(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    left, right = one.state_dict(), other.state_dict()
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (1.0, 2)])
def test_both_ends_bit_for_bit(share: float, expected: int) -> None:
    made = blend(tiny_yolo(1), tiny_yolo(2), share)
    assert same(made, tiny_yolo(expected))
    pixels = torch.rand(1, 3, 64, 64)
    assert torch.equal(made(pixels)[0], tiny_yolo(expected)(pixels)[0])


def test_the_middle_lies_between_and_leaves_both_as_they_were() -> None:
    nano, student = tiny_yolo(1), tiny_yolo(2)
    made = blend(nano, student, 0.5)
    assert not made.training
    assert same(nano, tiny_yolo(1))
    assert same(student, tiny_yolo(2))
    name = "model.0.conv.weight"
    ends = [one.state_dict()[name] for one in (nano, student)]
    assert torch.allclose(made.state_dict()[name], (ends[0] + ends[1]) / 2)


def test_a_share_beyond_the_ends_is_refused() -> None:
    with pytest.raises(ValueError, match=r"0\.\.1"):
        blend(tiny_yolo(1), tiny_yolo(2), 1.5)


def test_another_architecture_is_refused() -> None:
    with pytest.raises(ValueError, match="another architecture"):
        blend(tiny_yolo(1), tiny_yolo(2, {0: "car", 1: "bus"}), 0.5)

"""The shared representation: zero where both say the same, blind to scale, and learned by neck and layer alike."""

import pytest
import torch

from lotwise.students.losses.terms.representation import Representation
from lotwise.students.model.representation import RepresentationLayers, RepresentedDetect, fold
from lotwise.students.model.student import read_output
from tests.models import tiny_yolo
from tests.students.losses.latents import (
    NO_ASSIGNMENT,
    cost,
    maps,
    nothing_is_zero,
    slope_is_right,
    stored,
    student_of,
    targets,
)

PICTURE = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


class Head(RepresentedDetect):
    """A head that is asked for nothing but the representation."""

    def __init__(self, width: int) -> None:
        torch.nn.Module.__init__(self)
        self.representation = RepresentationLayers([width], [width])


def term(teacher: int, width: int) -> Representation:
    """Of one level, with a student whose representation is set by hand."""
    student = student_of(width)
    student.model[0] = Head(width)
    return Representation(student, [teacher])


def distance(made: Representation, mine: torch.Tensor, told: torch.Tensor, cells=None) -> float:
    made.inserted[0].said = (mine,)
    return cost(made, mine, targets(tuple(stored(level, cells) for level in told)))


@pytest.mark.parametrize("scale", [1.0, 20.0, -3.0])
def test_a_teacher_that_is_the_student_in_another_basis_costs_nothing(scale: float) -> None:
    """Any rotation, scale and offset: a representation has none of its own."""
    turn = torch.linalg.qr(torch.randn(6, 6, generator=torch.Generator().manual_seed(3))).Q
    told = scale * torch.einsum("bchw,cd->bdhw", maps(6), turn) + 2
    assert distance(term(6, 6), maps(6), told) == pytest.approx(0, abs=1e-4)


def test_value_by_hand_once_the_basis_is_found() -> None:
    """Two cells of two channels: (2, 0), (0, 0) against the opposite costs the squared distance of ±1 and ∓1."""
    mine = torch.zeros(1, 2, 8, 8)
    mine[0, :, 0, 0] = torch.tensor([2.0, 0.0])
    made = term(2, 2)
    assert distance(made, mine, mine, [0, 1]) == pytest.approx(0, abs=1e-5)
    assert distance(made, -mine, mine, [0, 1]) == pytest.approx(4, abs=1e-4)
    across = mine.flip(1)
    assert distance(made, across, mine, [0, 1]) == pytest.approx(2, abs=1e-4)


@pytest.mark.parametrize(("teacher", "width"), [(8, 3), (6, 6), (3, 8)], ids=["narrow", "same", "wide"])
def test_the_teachers_layer_is_orthonormal_and_found_once(teacher: int, width: int) -> None:
    made = term(teacher, width)
    distance(made, maps(width), maps(teacher, seed=1))
    basis = made.teacher[0].basis.clone()
    short = basis if width < teacher else basis.T
    torch.testing.assert_close(short @ short.T, torch.eye(len(short)), atol=1e-5, rtol=0)
    distance(made, maps(width, seed=2), maps(teacher, seed=3))
    assert torch.equal(made.teacher[0].basis, basis)


def test_a_narrow_representation_keeps_the_directions_in_which_the_teacher_varies() -> None:
    told = maps(8, seed=1) * torch.tensor([9, 8, 7, 0.1, 0.1, 0.1, 0.1, 0.1])[:, None, None]
    made = term(8, 3)
    distance(made, maps(3), told)
    assert made.teacher[0].basis[:, 3:].abs().max() < 0.05


def test_the_layer_is_kept_in_the_state() -> None:
    one, two = term(6, 4), term(6, 4)
    distance(one, maps(4), maps(6, seed=1))
    two.load_state_dict(one.state_dict())
    expected = distance(one, maps(4, seed=2), maps(6, seed=3))
    assert distance(two, maps(4, seed=2), maps(6, seed=3)) == expected
    assert distance(term(6, 4), maps(4, seed=2), maps(6, seed=3)) != expected


def test_gradient_is_that_of_finite_differences() -> None:
    made, told = term(5, 3), targets((stored(maps(5, seed=1)[0], [0, 5, 9, 40]),))
    distance(made, maps(3), maps(5, seed=1))

    class Through(torch.nn.Module):
        """The student's maps are the representation."""

        def forward(self, output, *rest) -> torch.Tensor:
            made.double().inserted[0].said = output.latents
            return made(output, *rest)

    assert slope_is_right(Through(), maps(3), told)


def test_nothing_stored_is_zero_with_a_gradient() -> None:
    made = term(4, 3)
    made.inserted[0].said = (maps(3),)
    assert nothing_is_zero(made, targets((None,)))
    assert not made.teacher[0].fitted
    assert nothing_is_zero(Representation(student_of(3), []), targets())


@pytest.mark.parametrize("width", [0.5, 1.0, 1.5])
def test_a_student_learns_the_teachers_representation_with_neck_and_layer_and_can_be_folded(width: float) -> None:
    student = tiny_yolo()
    made = Representation(student, [24, 32, 40], width=width)
    assert made.inserted[0].widths == tuple(round(width * told) for told in (24, 32, 40))
    latents = [
        tuple(stored(torch.randn(c, side, side, generator=torch.Generator().manual_seed(c + i))) for i in range(2))
        for c, side in ((24, 8), (32, 4), (40, 2))
    ]
    optimizer = torch.optim.Adam(student.parameters(), lr=5e-3)
    costs = []
    for step in range(15):
        output = read_output(student, student.train()(PICTURE))
        loss = made(output, targets(*latents), NO_ASSIGNMENT)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            assert student.model[15].cv2.conv.weight.grad.abs().sum() > 0
            assert made.inserted[0].layers[0].weight.grad.abs().sum() > 0
        optimizer.step()
        costs.append(float(loss.detach()))
    assert costs[0] <= 2.01
    assert costs[-1] < 0.8 * costs[0]
    fold(student)
    assert not any("representation" in name for name in student.state_dict())
    assert set(made.state_dict()) == {f"teacher.{i}.{name}" for i in range(3) for name in ("basis", "fitted")}

"""The box term: as in Ultralytics' BboxLoss, zero for exact boxes, and the gradient."""

from dataclasses import replace

import pytest
import torch

from lotwise.students.losses.assignment import Assignment, assign
from lotwise.students.losses.terms.box import Box
from lotwise.students.model.student import StudentOutput
from tests.students.losses import gradients
from tests.students.losses.outputs import (
    CAR,
    STRIDE,
    TWO_CARS,
    centres,
    inside,
    output,
    student,
    taught,
    ultralytics_losses,
    untrained,
)


def box_loss(made: StudentOutput, assignment: Assignment) -> torch.Tensor:
    return Box(student(), [])(made, taught(), assignment)


def looking(off: float) -> StudentOutput:
    """A student whose boxes are all off by as many pixels."""
    box = torch.tensor(CAR) + off
    distances = torch.cat([centres() - box[:2], box[2:] - centres()], 1) / STRIDE
    return output(torch.zeros(1, 64), distances[None].clamp_min(0))


@pytest.mark.parametrize("bins", [8, 1])
def test_is_what_ultralytics_has(bins: int) -> None:
    made = untrained(bins=bins)
    target = assign(made, taught(*TWO_CARS))
    theirs, _ = ultralytics_losses(made, target, bins)
    assert torch.equal(box_loss(made, target), theirs)


def test_is_zero_for_exact_boxes_and_grows_with_the_error() -> None:
    target = assign(looking(0), taught((CAR, 0.9)))
    # Only anchors that lie in the shifted boxes too: the distances of others cannot say where the box is.
    target = replace(target, foreground=target.foreground & inside([CAR[0] + 6, CAR[1] + 6, *CAR[2:]]))
    losses = [float(box_loss(looking(off), target)) for off in (0.0, 2.0, 6.0)]
    assert losses[0] == pytest.approx(0, abs=1e-4)
    assert losses[0] < losses[1] < losses[2]


@pytest.mark.parametrize("bins", [8, 1], ids=["distributions", "distances"])
def test_gradient_is_that_of_finite_differences(bins: int) -> None:
    target = assign(untrained(seed=3, bins=bins), taught(*TWO_CARS))
    target = replace(target, scores=target.scores.double(), boxes=target.boxes.double())
    # CIoU's weight alpha is a constant to its gradient (as in the paper), so the two differ a little.
    gradients.check(
        lambda made: box_loss(made, target), untrained(seed=3, bins=bins, dtype=torch.float64), rel=0.02, least=1e-3
    )


@pytest.mark.parametrize("bins", [8, 1])
def test_an_empty_lot_teaches_nothing(bins: int) -> None:
    made = untrained(bins=bins)
    loss = box_loss(made, assign(made, taught()))
    loss.backward()
    assert float(loss.detach()) == 0
    assert (made.distributions.grad == 0).all()


@pytest.mark.parametrize("box", [[10.0, 10.0, 10.0, 10.0], [0.0, 0.0, 64.0, 64.0], [63.9, 0.0, 64.0, 64.0]])
def test_degenerate_boxes_give_finite_losses(box: list[float]) -> None:
    made = untrained()
    loss = box_loss(made, assign(made, taught((box, 0.9))))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(made.distributions.grad).all()

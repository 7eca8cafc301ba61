"""IoU with the teacher's boxes: values by hand, the gradient, and what teaches nothing."""

from dataclasses import replace

import pytest
import torch

from lotwise.students.losses.terms.iou import Iou
from lotwise.students.model.student import StudentOutput
from tests.students.losses import gradients
from tests.students.losses.outputs import learning, student, taught, told_by, untrained


def iou(made, targets) -> torch.Tensor:
    return Iou(student(), [])(made, targets, learning())


def saying(*boxes: list[float]) -> StudentOutput:
    """As many anchors with these boxes."""
    made = untrained()
    return replace(made, logits=made.logits[:, : len(boxes)], boxes=torch.tensor([boxes]))


UNIT, HALF, FAR = [0.0, 0.0, 10.0, 10.0], [0.0, 0.0, 10.0, 5.0], [50.0, 50.0, 60.0, 60.0]


@pytest.mark.parametrize(
    ("mine", "theirs", "scores", "value"),
    [
        ((UNIT,), (UNIT,), [1.0], 0.0),
        ((HALF,), (UNIT,), [1.0], 0.5),
        ((UNIT,), (FAR,), [1.0], 1.0),
        ((HALF, FAR), (UNIT, UNIT), [0.9, 0.3], (0.9 * 0.5 + 0.3) / 1.2),  # weighted by the teacher's score
        ((HALF, FAR), (UNIT, UNIT), [1.0, 0.0], 0.5),  # background has no box
        ((FAR,), (UNIT,), [0.1], 0.1),  # a trace of a car is no car
    ],
)
def test_by_hand(mine, theirs, scores: list[float], value: float) -> None:
    targets = told_by(saying(*theirs), scores=torch.tensor([scores]))
    assert float(iou(saying(*mine), targets)) == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("bins", [8, 1], ids=["distributions", "distances"])
def test_gradient_is_that_of_finite_differences(bins: int) -> None:
    targets = told_by(untrained(2, seed=1, bins=bins))
    gradients.check(lambda made: iou(made, targets), untrained(2, seed=2, bins=bins, dtype=torch.float64))


def test_the_same_boxes_teach_nothing() -> None:
    made = untrained()
    assert float(iou(made, told_by(made)).detach()) == pytest.approx(0, abs=1e-5)


def test_samples_without_dense_outputs_do_not_count() -> None:
    made = untrained(2, seed=2)
    iou(made, told_by(untrained(2, seed=1), known=[False, True])).backward()
    assert (made.distributions.grad[0] == 0).all()
    assert (made.distributions.grad[1] != 0).any()


def test_nothing_known_is_zero_with_a_gradient() -> None:
    made = untrained()
    loss = iou(made, taught())
    loss.backward()
    assert float(loss.detach()) == 0
    assert (made.distributions.grad == 0).all()

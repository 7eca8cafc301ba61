"""The distribution term: as in Ultralytics' BboxLoss, a value by hand, and the gradient."""

from dataclasses import replace

import pytest
import torch

from lotwise.students.losses.assignment import Assignment, assign
from lotwise.students.losses.terms.distribution import Distribution
from lotwise.students.model.student import StudentOutput
from tests.students.losses import gradients
from tests.students.losses.outputs import (
    TWO_CARS,
    learning,
    output,
    student,
    taught,
    ultralytics_losses,
    untrained,
)


def distribution_loss(made: StudentOutput, assignment: Assignment) -> torch.Tensor:
    return Distribution(student(), [])(made, taught(), assignment)


@pytest.mark.parametrize("bins", [8, 1], ids=["DFL", "L1"])
def test_is_what_ultralytics_has(bins: int) -> None:
    made = untrained(bins=bins)
    target = assign(made, taught(*TWO_CARS))
    _, theirs = ultralytics_losses(made, target, bins)
    assert torch.equal(distribution_loss(made, target), theirs)


@pytest.mark.parametrize(
    ("bins", "value"),
    [
        (8, 2.079442),  # a uniform distribution says log 8 of any distance
        (1, 20 / 64),  # distances of 0 where 20 px are to be said on every side of a 64 px picture
    ],
)
def test_by_hand(bins: int, value: float) -> None:
    made = output(torch.zeros(1, 64), torch.zeros(1, 64, 4 * bins))
    box = torch.tensor([28 - 20, 28 - 20, 28 + 20, 28 + 20.0])  # around the middle of anchor (3, 3), at (28, 28)
    target = replace(learning(3 * 8 + 3), boxes=box.expand(1, 64, 4))
    assert float(distribution_loss(made, target)) == pytest.approx(value, abs=1e-5)


@pytest.mark.parametrize("bins", [8, 1])
def test_gradient_is_that_of_finite_differences(bins: int) -> None:
    target = assign(untrained(seed=3, bins=bins), taught(*TWO_CARS))
    target = replace(target, scores=target.scores.double(), boxes=target.boxes.double())
    gradients.check(lambda made: distribution_loss(made, target), untrained(seed=3, bins=bins, dtype=torch.float64))


@pytest.mark.parametrize("bins", [8, 1])
def test_an_empty_lot_teaches_nothing(bins: int) -> None:
    made = untrained(bins=bins)
    loss = distribution_loss(made, assign(made, taught()))
    loss.backward()
    assert float(loss.detach()) == 0
    assert (made.distributions.grad == 0).all()

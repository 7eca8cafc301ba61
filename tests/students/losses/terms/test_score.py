"""The score term: values by hand, the gradient, and where nothing is taught."""

from dataclasses import replace

import pytest
import torch

from lotwise.students.losses.assignment import Assignment, assign
from lotwise.students.losses.targets import Targets
from lotwise.students.losses.terms.score import Score
from lotwise.students.model.student import StudentOutput
from tests.students.losses import gradients
from tests.students.losses.outputs import CAR, inside, student, taught, untrained


def score_loss(made: StudentOutput, assignment: Assignment) -> torch.Tensor:
    return Score(student(), [])(made, taught(), assignment)


def by_hand(logits: list[float], scores: list[float], counted: list[float]) -> float:
    made = untrained()
    made = replace(made, logits=torch.tensor([logits]))
    empty = torch.zeros(1, len(logits), dtype=torch.bool)
    target = Assignment(torch.tensor([scores]), torch.zeros(1, len(logits), 4), empty, torch.tensor([counted]))
    return float(score_loss(made, target))


@pytest.mark.parametrize(
    ("logits", "scores", "counted", "value"),
    [
        ([0.0, 0.0], [0.0, 0.0], [1.0, 1.0], 2 * 0.693147),  # background only: two coin tosses, by at least 1
        ([0.0, 0.0], [1.0, 1.0], [1.0, 1.0], 0.693147),  # by the sum of targets
        ([0.0, 5.0], [0.0, 0.0], [1.0, 0.0], 0.693147),  # an anchor left open does not count
        ([2.0, 0.0], [0.5, 0.0], [1.0, 0.0], 1.126928),  # softplus(2) - 2 * 0.5
        ([100.0, -100.0], [1.0, 0.0], [1.0, 1.0], 0.0),  # right and sure
    ],
)
def test_by_hand(logits, scores, counted, value: float) -> None:
    assert by_hand(logits, scores, counted) == pytest.approx(value, abs=1e-5)


def test_gradient_is_that_of_finite_differences() -> None:
    target = assign(untrained(seed=3), taught((CAR, 0.8), ([30, 30, 60, 62], 0.5)))
    target = replace(target, scores=target.scores.double(), counted=target.counted.double())
    gradients.check(lambda made: score_loss(made, target), untrained(seed=3, dtype=torch.float64))


def test_doubtful_boxes_teach_nothing_inside() -> None:
    made = untrained()
    score_loss(made, assign(made, taught((CAR, 0.15)))).backward()
    gradient = made.logits.grad[0]
    assert (gradient[inside(CAR)] == 0).all()
    assert (gradient[~inside(CAR)] > 0).all()


def test_ignored_regions_teach_nothing_inside_but_a_car_in_them_is_taught() -> None:
    made = untrained()
    target = assign(made, taught((CAR, 0.9), ignore=[[0, 0, 64, 64]]))
    score_loss(made, target).backward()
    assert torch.equal(made.logits.grad[0] != 0, target.foreground[0])


@pytest.mark.parametrize("targets", [taught(), taught((CAR, 0.0))])
def test_an_empty_lot_is_all_background(targets: Targets) -> None:
    made = untrained()
    score_loss(made, assign(made, targets)).backward()
    assert (made.logits.grad > 0).all()

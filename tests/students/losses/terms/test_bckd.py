"""BCKD: values by hand, the gradient, and that agreement and unknown samples teach nothing."""

from dataclasses import replace

import pytest
import torch

from lotwise.students.losses.terms.bckd import Bckd
from tests.students.losses import gradients
from tests.students.losses.outputs import learning, output, student, taught, told_by, untrained


def bckd(made, targets) -> torch.Tensor:
    return Bckd(student(), [])(made, targets, learning())


@pytest.mark.parametrize(
    ("told", "value"),
    [
        (1.0, 0.5 * 0.693147),  # 64 x 0.5 x log 2, by 64
        (0.0, 64 * 0.5 * 0.693147),  # background counts; the sum is divided by at least 1
        (0.75, 64 * 0.25 * 0.693147 / 48),  # by the sum of the teacher's probabilities
        (0.5, 0.0),  # agreement, though the cross-entropy itself is not zero there
    ],
)
def test_by_hand(told: float, value: float) -> None:
    coin = output(torch.zeros(1, 64), torch.zeros(1, 64, 32))
    assert float(bckd(coin, told_by(coin, scores=torch.full((1, 64), told)))) == pytest.approx(value, rel=1e-5)


def test_gradient_is_that_of_finite_differences() -> None:
    targets = told_by(untrained(2, seed=1))
    gradients.check(lambda made: bckd(made, targets), untrained(2, seed=2, dtype=torch.float64))


def test_a_student_that_agrees_learns_nothing_of_any_one_sign() -> None:
    """At agreement the weight |t - s| has a kink of zero slope times the entropy; half a step away it pulls back."""
    made = untrained()
    assert float(bckd(made, told_by(made)).detach()) == pytest.approx(0, abs=1e-6)
    for off in (-0.5, 0.5):
        moved = output((made.logits.detach() + off).requires_grad_(), made.distributions.detach())
        bckd(moved, told_by(made)).backward()
        assert (moved.logits.grad.sign() == (1 if off > 0 else -1)).all()


def test_one_class_is_no_obstacle() -> None:
    """A softmax over the one class would be 1 for both and teach nothing."""
    made = untrained()
    bckd(made, told_by(untrained(seed=5))).backward()
    assert (made.logits.grad != 0).all()


def test_samples_without_dense_outputs_do_not_count() -> None:
    made, teacher = untrained(2, seed=2), untrained(2, seed=1)
    bckd(made, told_by(teacher, known=[True, False])).backward()
    assert (made.logits.grad[0] != 0).all()
    assert (made.logits.grad[1] == 0).all()
    alone = replace(made, logits=made.logits[:1])
    first = replace(
        teacher, logits=teacher.logits[:1], boxes=teacher.boxes[:1], distributions=teacher.distributions[:1]
    )
    assert torch.equal(bckd(made, told_by(teacher, known=[True, False])), bckd(alone, told_by(first)))


def test_nothing_known_is_zero_with_a_gradient() -> None:
    made = untrained()
    loss = bckd(made, taught())
    loss.backward()
    assert float(loss.detach()) == 0
    assert (made.logits.grad == 0).all()

"""Hinton's temperature form: closed values, the gradient and its limit, and why one class needs two."""

import pytest
import torch

from lotwise.students.losses.terms.hinton import Hinton, logits_of
from lotwise.students.model.student import StudentOutput
from tests.students.losses import gradients
from tests.students.losses.outputs import learning, output, student, taught, told_by, untrained


def hinton(made, targets, temperature: float = 4.0) -> torch.Tensor:
    return Hinton(student(), [], temperature)(made, targets, learning())


def saying(logit: float) -> StudentOutput:
    return output(torch.full((1, 64), logit).requires_grad_(), torch.zeros(1, 64, 32))


@pytest.mark.parametrize("temperature", [1.0, 4.0, 20.0])
def test_is_the_divergence_of_the_two_class_softmax(temperature: float) -> None:
    mine, theirs = (torch.tensor([logit, 0.0]) / temperature for logit in (-1.0, 2.0))
    closed = temperature**2 * (theirs.softmax(0) * (theirs.log_softmax(0) - mine.log_softmax(0))).sum()
    said = float(hinton(saying(-1.0), told_by(saying(2.0)), temperature).detach())
    assert said == pytest.approx(float(closed), rel=1e-4)


def test_gradient_is_that_of_finite_differences() -> None:
    targets = told_by(untrained(2, seed=1))
    gradients.check(lambda made: hinton(made, targets), untrained(2, seed=2, dtype=torch.float64))


def test_at_high_temperature_the_gradient_is_the_difference_of_logits() -> None:
    """(1/N)(z_S - z_T) of zero-mean logits, N = 2; here (z, 0), whose mean takes half of z off: a quarter."""
    made = saying(-1.0)
    hinton(made, told_by(saying(2.0)), 1000.0).backward()
    assert made.logits.grad.sum().item() == pytest.approx(-3 / 4, rel=1e-2)


def test_a_softmax_over_the_one_class_would_teach_nothing() -> None:
    made, theirs = saying(-1.0), torch.full((1, 64, 1), 2.0)
    literal = torch.nn.functional.kl_div(
        (made.logits.unsqueeze(-1) / 4).log_softmax(-1), (theirs / 4).softmax(-1), reduction="sum"
    )
    literal.backward()
    assert (made.logits.grad == 0).all()
    made = saying(-1.0)
    hinton(made, told_by(saying(2.0))).backward()
    assert (made.logits.grad < 0).all()


def test_the_same_logits_teach_nothing() -> None:
    made = untrained()
    assert float(hinton(made, told_by(made)).detach()) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("stored", [0.0, 1e-7, 1e-4, 0.3, 0.9995, 1.0])
def test_what_float16_rounded_to_zero_or_one_stays_finite(stored: float) -> None:
    said = logits_of(torch.tensor(stored, dtype=torch.float16).float())
    assert -9.8 < float(said) < 8.4
    if 1e-4 <= stored < 0.9995:
        assert float(said.sigmoid()) == pytest.approx(stored, rel=1e-3)


def test_nothing_known_is_zero_with_a_gradient() -> None:
    made = untrained(2)
    loss = hinton(made, taught())
    loss.backward()
    assert float(loss.detach()) == 0
    assert (made.logits.grad == 0).all()


def test_samples_without_dense_outputs_do_not_count() -> None:
    made = untrained(2, seed=2)
    hinton(made, told_by(untrained(2, seed=1), known=[False, True])).backward()
    assert (made.logits.grad[0] == 0).all()
    assert (made.logits.grad[1] != 0).all()

"""LD: values by hand, the gradient, and heads between which there is nothing to distil."""

import pytest
import torch

from lotwise.datasets.errors import InputError
from lotwise.students.losses.terms.ld import Ld
from tests.students.losses import gradients
from tests.students.losses.outputs import learning, output, student, taught, told_by, untrained


def ld(made, targets, temperature: float = 10.0) -> torch.Tensor:
    return Ld(student(), [], temperature)(made, targets, learning())


def two_bins(odds: float):
    """A student of two bins that says log odds of the second."""
    return output(torch.zeros(1, 64), torch.tensor([0.0, odds]).repeat(1, 64, 4))


@pytest.mark.parametrize(
    ("temperature", "value"),
    [
        (1.0, 0.130812),  # log 2 - entropy of (1/4, 3/4), since the student says a half
        (10.0, 100 * 0.0015070),  # softened to the odds 3 ** 0.1 and scaled by T squared
    ],
)
def test_by_hand(temperature: float, value: float) -> None:
    # KL((q, 1-q) || (1/2, 1/2)) = log 2 - H(q)
    share = torch.sigmoid(torch.tensor(3.0, dtype=torch.float64).log() / temperature)
    closed = temperature**2 * (0.6931472 + share * share.log() + (1 - share) * (1 - share).log())
    assert float(closed) == pytest.approx(value, rel=1e-3)
    told = told_by(two_bins(1.0986), scores=torch.ones(1, 64))
    assert float(ld(two_bins(0.0), told, temperature)) == pytest.approx(float(closed), rel=2e-3)


def test_anchors_count_by_the_teachers_score() -> None:
    made, teacher = untrained(seed=2), untrained(seed=1)
    scores = torch.zeros(1, 64)
    scores[0, 5] = 0.5
    ld(made, told_by(teacher, scores=scores)).backward()
    assert made.distributions.grad[0].abs().sum(-1).nonzero().flatten().tolist() == [5]


def test_gradient_is_that_of_finite_differences() -> None:
    targets = told_by(untrained(2, seed=1))
    gradients.check(lambda made: ld(made, targets), untrained(2, seed=2, dtype=torch.float64))


def test_logits_that_differ_by_a_constant_are_the_same_distribution() -> None:
    made = untrained()
    shifted = output(made.logits.detach(), made.distributions.detach() + 3)
    assert float(ld(shifted, told_by(made))) == pytest.approx(0, abs=1e-5)


def test_samples_without_distributions_do_not_count() -> None:
    made = untrained(2, seed=2)
    ld(made, told_by(untrained(2, seed=1), known=[False, True])).backward()
    assert (made.distributions.grad[0] == 0).all()
    assert (made.distributions.grad[1] != 0).any()


def test_nothing_known_is_zero_with_a_gradient() -> None:
    made = untrained()
    loss = ld(made, taught())
    loss.backward()
    assert float(loss.detach()) == 0
    assert (made.distributions.grad == 0).all()


def test_a_student_without_distributions_is_refused() -> None:
    with pytest.raises(InputError, match=r"weights\.ld: the student's head has no distributions.*set weights\.ld to 0"):
        Ld(student("yolo26n.yaml"), [])


@pytest.mark.parametrize("bins", [1, 4], ids=["none", "others"])
def test_a_teacher_of_other_bins_is_refused(bins: int) -> None:
    with pytest.raises(InputError, match=rf"weights\.ld: .* in 8 bins, the teacher's in {bins};"):
        ld(untrained(bins=8), told_by(untrained(bins=bins)))

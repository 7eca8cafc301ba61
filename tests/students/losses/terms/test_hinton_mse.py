"""Hinton's MSE form: values by hand, the gradient, shift invariance of bins, and heads without bins."""

import pytest
import torch

from lotwise.datasets.errors import InputError
from lotwise.students.losses.terms.hinton_mse import HintonMse
from tests.students.losses import gradients
from tests.students.losses.outputs import learning, output, student, taught, told_by, untrained


def mse(made, targets) -> torch.Tensor:
    return HintonMse(student(), [])(made, targets, learning())


def seen_at(teacher, *anchors: int):
    """What this teacher says, of vehicles at these anchors only."""
    scores = torch.zeros_like(teacher.logits)
    scores[:, list(anchors)] = teacher.logits.detach()[:, list(anchors)].sigmoid()
    return told_by(teacher, scores=scores, stored=anchors)


def test_scores_by_hand() -> None:
    """Two anchors are seen; they are off by 1 and by 2. What is said of the others does not matter."""
    mine, theirs = torch.zeros(1, 64), torch.full((1, 64), 5.0)
    theirs[0, 3], theirs[0, 9] = 1.0, -2.0
    bins = torch.zeros(1, 64, 32)
    assert float(mse(output(mine, bins), seen_at(output(theirs, bins), 3, 9))) == pytest.approx(2.5, rel=1e-4)


def test_bins_by_hand() -> None:
    """Every edge says (0, 1) where (1, 0) was told: centred, each bin is off by 1."""
    mine, theirs = (torch.tensor(said).repeat(1, 64, 4) for said in ([0.0, 1.0], [1.0, 0.0]))
    logits = torch.zeros(1, 64)
    assert float(mse(output(logits, mine), seen_at(output(logits, theirs), 7))) == pytest.approx(1, rel=1e-4)


def test_distances_by_hand() -> None:
    """A head without bins says its distances in cells: off by 1 at two edges of four."""
    logits, told = torch.zeros(1, 64), torch.tensor([1.0, 2.0, 3.0, 4.0]).repeat(1, 64, 1)
    made = output(logits, told + torch.tensor([1.0, 0.0, 0.0, -1.0]))
    assert float(mse(made, seen_at(output(logits, told), 7))) == pytest.approx(0.5, rel=1e-4)


def test_a_constant_added_to_all_bins_of_an_edge_changes_nothing() -> None:
    made = untrained(seed=2)
    shift = torch.arange(4.0).repeat_interleave(8)
    shifted = output(made.logits.detach(), made.distributions.detach() + shift)
    assert float(mse(shifted, told_by(made))) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("bins", [8, 1], ids=["distributions", "distances"])
def test_gradient_is_that_of_finite_differences(bins: int) -> None:
    targets = seen_at(untrained(2, seed=1, bins=bins), 4, 5, 60)
    gradients.check(lambda made: mse(made, targets), untrained(2, seed=2, bins=bins, dtype=torch.float64))


@pytest.mark.parametrize("bins", [8, 1], ids=["distributions", "distances"])
def test_only_vehicles_of_known_samples_are_taught(bins: int) -> None:
    made = untrained(2, seed=2, bins=bins)
    scores = torch.zeros(2, 64)
    scores[:, 4:6], scores[:, 9] = 0.5, 0.04
    mse(made, told_by(untrained(2, seed=1, bins=bins), [False, True], scores, stored=(4, 5))).backward()
    for gradient in (made.logits.grad, made.distributions.grad.abs().sum(-1)):
        assert gradient.nonzero().tolist() == [[1, 4], [1, 5]]


def test_probabilities_that_were_rounded_to_one_are_finite_logits() -> None:
    made = untrained()
    loss = mse(made, told_by(untrained(seed=1), scores=torch.ones(1, 64)))
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(made.logits.grad).all()


@pytest.mark.parametrize(
    "targets", [taught(), told_by(untrained(), scores=torch.zeros(1, 64), stored=())], ids=["unknown", "empty lot"]
)
def test_nothing_to_teach_is_zero_with_a_gradient(targets) -> None:
    made = untrained()
    loss = mse(made, targets)
    loss.backward()
    assert float(loss.detach()) == 0
    assert (made.logits.grad == 0).all()


def test_a_teacher_of_other_bins_is_refused() -> None:
    with pytest.raises(InputError, match=r"weights\.hinton_mse: .* in 8 bins, the teacher's in 1;"):
        mse(untrained(bins=8), told_by(untrained(bins=1)))

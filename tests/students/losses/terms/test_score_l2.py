"""The score-weighted distance is what Ultralytics computes."""

import pytest
import torch
from ultralytics.nn.distill_model import DistillationModel

from lotwise.students.losses.terms.score_l2 import ScoreL2
from tests.students.losses.latents import (
    NO_ASSIGNMENT,
    cost,
    maps,
    nothing_is_zero,
    said,
    slope_is_right,
    stored,
    student_of,
    targets,
)

SCORES = torch.rand(2, 64, generator=torch.Generator().manual_seed(5))
TOLD = maps(4, batch=2, seed=1)


def term() -> ScoreL2:
    torch.manual_seed(0)
    return ScoreL2(student_of(3), [4])


def by_ultralytics(mine: torch.Tensor, told: torch.Tensor, scores: torch.Tensor) -> float:
    """With all cells, through the same projector as a pair of 1x1 convolutions."""
    first, relu, second = term().layers[0]
    lifted = torch.nn.functional.conv2d(mine, first.weight[..., None, None], first.bias)
    lifted = torch.nn.functional.conv2d(relu(lifted), second.weight[..., None, None], second.bias)
    told = told.contiguous()
    return float(DistillationModel.loss_sl2(None, lifted, told, 0, (scores[:, None],)).detach())


def test_with_all_cells_stored_it_is_the_shipped_loss() -> None:
    goal = targets((stored(TOLD[0]), stored(TOLD[1])), scores=SCORES, known=(True, True))
    assert cost(term(), maps(3, batch=2), goal) == pytest.approx(by_ultralytics(maps(3, batch=2), TOLD, SCORES))


def test_cells_that_were_not_stored_are_as_if_the_teacher_saw_nothing_there() -> None:
    cells = [0, 9, 33]
    few = torch.zeros(2, 64)
    few[:, cells] = SCORES[:, cells]
    goal = targets((stored(TOLD[0], cells), stored(TOLD[1], cells)), scores=SCORES, known=(True, True))
    assert cost(term(), maps(3, batch=2), goal) == pytest.approx(by_ultralytics(maps(3, batch=2), TOLD, few))


def test_levels_are_summed_and_each_takes_its_own_scores() -> None:
    both = ScoreL2(student_of(3, 3), [4, 4])
    both.layers[0] = both.layers[1] = term().layers[0]
    fine, coarse = maps(3), maps(3, seed=2)[:, :, :4, :4].contiguous()
    scores = torch.cat([SCORES[:1], SCORES[1:, :16]], 1)
    levels = (stored(TOLD[0]),), (stored(TOLD[1, :, :4, :4]),)
    loss = float(both(said(fine, coarse), targets(*levels, scores=scores), NO_ASSIGNMENT).detach())
    parts = by_ultralytics(fine, TOLD[:1], SCORES[:1]) + by_ultralytics(coarse, TOLD[1:, :, :4, :4], SCORES[1:, :16])
    assert loss == pytest.approx(parts)


@pytest.mark.parametrize("known", [(True, False), (False, True)])
def test_samples_without_dense_outputs_or_without_latents_do_not_count(known) -> None:
    which = known.index(True)
    alone = targets((stored(TOLD[which]),), scores=SCORES[which : which + 1])
    without_dense = targets((stored(TOLD[0]), stored(TOLD[1])), scores=SCORES, known=known)
    latents = tuple(stored(TOLD[i]) if known[i] else None for i in range(2))
    without_latents = targets(latents, scores=SCORES, known=(True, True))
    expected = cost(term(), maps(3, batch=2)[which : which + 1], alone)
    assert cost(term(), maps(3, batch=2), without_dense) == pytest.approx(expected)
    assert cost(term(), maps(3, batch=2), without_latents) == pytest.approx(expected)


def test_asphalt_does_not_count() -> None:
    goal = targets((stored(TOLD[0]),), scores=torch.zeros(1, 64))
    assert cost(term(), maps(3), goal) == 0


def test_gradient_is_that_of_finite_differences() -> None:
    goal = targets((stored(TOLD[0], [0, 9, 33]),), scores=SCORES[:1])
    assert slope_is_right(term(), maps(3), goal)


def test_nothing_known_is_zero_with_a_gradient() -> None:
    assert nothing_is_zero(term(), targets((stored(TOLD[0]),)))
    assert nothing_is_zero(term(), targets((None,), scores=SCORES[:1]))
    assert nothing_is_zero(ScoreL2(student_of(3), []), targets())

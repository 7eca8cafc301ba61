"""Masked generation: what the mask hides, that it is the same in a run that was resumed, and the value by hand."""

import pytest
import torch

from lotwise.students.losses.terms.mgd import Mgd
from tests.students.losses.latents import (
    NO_ASSIGNMENT,
    cost,
    identity,
    maps,
    nothing_is_zero,
    said,
    slope_is_right,
    stored,
    student_of,
    targets,
)

TOLD = targets((stored(maps(4, seed=1)[0], [0, 9, 40]),))


def term(seed: int = 0, **settings) -> Mgd:
    torch.manual_seed(seed)
    return Mgd(student_of(3), [4], **settings)


def handing_on(channels: int, **settings) -> Mgd:
    """Generators that hand on what they get, where it is positive."""
    made = Mgd(student_of(channels), [channels], **settings)
    identity(made.layers)
    for generator in made.generators:
        for layer in (generator[0], generator[2]):
            torch.nn.init.dirac_(layer.weight)
            torch.nn.init.zeros_(layer.bias)
    return made


def test_value_by_hand() -> None:
    mine, told = torch.full((1, 2, 8, 8), 3.0), torch.full((2, 8, 8), 1.0)
    goal = targets((stored(told, [0, 9]),))
    assert cost(handing_on(2, hidden=0.0), mine, goal) == pytest.approx(4)
    assert cost(handing_on(2, hidden=0.0), mine / 3, goal) == pytest.approx(0, abs=1e-6)
    assert cost(handing_on(2, hidden=1.0), mine, goal) == pytest.approx(1)


def test_the_mask_hides_the_share_it_should_in_all_channels_alike() -> None:
    mine = torch.ones(1, 2, 8, 8).repeat(8, 1, 1, 1)
    shown = targets(tuple(stored(torch.zeros(2, 8, 8)) for _ in range(8)))
    assert cost(handing_on(2), mine, shown) == pytest.approx(0.35, abs=0.06)
    mine[:, 1] = 0
    assert cost(handing_on(2), mine, shown) == pytest.approx(cost(handing_on(2), mine.flip(1), shown))


def test_the_mask_is_new_each_step_and_that_of_the_seed() -> None:
    one, same, other = term(), term(), term(seed=1)
    other.load_state_dict(one.state_dict())
    torch.rand(5)  # randomness used elsewhere in between changes nothing
    runs = [[cost(made, maps(3), TOLD) for _ in range(3)] for made in (one, same, other)]
    assert runs[0] == runs[1] != runs[2]
    assert len(set(runs[0])) == 3


def test_a_resumed_run_sees_the_masks_it_would_have_seen() -> None:
    whole, resumed = term(), term()
    costs = [cost(whole, maps(3), TOLD) for _ in range(2)]
    resumed.load_state_dict(whole.state_dict())
    assert cost(resumed, maps(3), TOLD) == cost(whole, maps(3), TOLD) not in costs


def test_gradient_is_that_of_finite_differences() -> None:
    assert slope_is_right(term(), maps(3), TOLD)


def test_masked_positions_get_no_gradient() -> None:
    mine = maps(3).requires_grad_()
    term(hidden=1.0)(said(mine), TOLD, NO_ASSIGNMENT).backward()
    assert (mine.grad == 0).all()


def test_samples_without_latents_do_not_count() -> None:
    both = targets((None, *TOLD.latents[0]))
    assert cost(term().eval(), maps(3).repeat(2, 1, 1, 1), both) == pytest.approx(cost(term().eval(), maps(3), TOLD))


def test_nothing_stored_is_zero_with_a_gradient() -> None:
    assert nothing_is_zero(term(), targets((None,)))
    assert nothing_is_zero(Mgd(student_of(3), []), targets())

"""Latent matching: zero for identical maps, positive else, and only where cells were stored."""

import pytest
import torch

from lotwise.students.losses.terms.latent import LatentMatching
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

CELLS = [0, 5, 23]


def matching(channels: int = 8) -> LatentMatching:
    term = LatentMatching(student_of(channels), [channels])
    identity(term.layers)
    return term


def test_identical_maps_cost_nothing_whatever_their_scale() -> None:
    mine = maps(8)
    assert cost(matching(), mine, targets((stored(mine[0], CELLS),))) == pytest.approx(0, abs=1e-5)
    assert cost(matching(), mine, targets((stored(3 * mine[0] + 1, CELLS),))) == pytest.approx(0, abs=1e-4)


def test_other_maps_cost_and_the_opposite_costs_most() -> None:
    mine = maps(8)
    other, opposite = (targets((stored(told[0], CELLS),)) for told in (maps(8, seed=1), -mine))
    assert 0.1 < cost(matching(), mine, other) < cost(matching(), mine, opposite) == pytest.approx(4, abs=0.01)


def test_value_of_one_cell_by_hand() -> None:
    """(3, 1) and (1, 5) become (1, -1) and (-1, 1): both differ by 2."""
    mine, told = torch.zeros(1, 2, 8, 8), torch.zeros(2, 8, 8)
    mine[0, :, 0, 0], told[:, 0, 0] = torch.tensor([3.0, 1.0]), torch.tensor([1.0, 5.0])
    assert cost(matching(2), mine, targets((stored(told, [0]),))) == pytest.approx(4, abs=1e-3)


def test_only_stored_cells_are_taught() -> None:
    mine = maps(8).requires_grad_()
    matching()(said(mine), targets((stored(maps(8, seed=1)[0], [3, 7]),)), NO_ASSIGNMENT).backward()
    touched = mine.grad[0].abs().sum(0).flatten().nonzero().flatten().tolist()
    assert touched == [3, 7]


def test_samples_without_latents_do_not_count() -> None:
    mine = maps(8, batch=2)
    one = stored(maps(8, seed=1)[0], [1, 2])
    assert cost(matching(), mine, targets((one, None))) == pytest.approx(cost(matching(), mine[:1], targets((one,))))


@pytest.mark.parametrize("levels", [((None, None),), ()])
def test_nothing_stored_is_zero_with_a_gradient(levels) -> None:
    assert nothing_is_zero(LatentMatching(student_of(3), [16]), targets(*levels), batch=2)


@pytest.mark.parametrize("width", [0.5, 1.0, 1.5])
def test_gradient_is_that_of_finite_differences(width: float) -> None:
    term = LatentMatching(student_of(3), [4], width=width)
    assert slope_is_right(term, maps(3), targets((stored(maps(4, seed=1)[0], CELLS),)))


@pytest.mark.parametrize("width", [0.5, 1.0, 2.0])
def test_layers_lift_to_the_width_asked_for_and_learn(width: float) -> None:
    torch.manual_seed(0)
    term = LatentMatching(student_of(8, 8), [16, 24], width=width)
    assert [layer.out_channels for layer in term.layers] == [16 * width, 24 * width]
    latents = (maps(8), maps(8, seed=2))
    goal = targets((stored(maps(16, seed=3)[0], [0, 1, 2]),), (stored(maps(24, seed=4)[0], [4]),))
    optimizer = torch.optim.Adam(term.parameters(), lr=0.05)
    first = float(term(said(*latents), goal, NO_ASSIGNMENT).detach())
    for _ in range(60):
        optimizer.zero_grad()
        loss = term(said(*latents), goal, NO_ASSIGNMENT)
        loss.backward()
        optimizer.step()
    assert float(loss.detach()) < 0.3 * first


@pytest.mark.parametrize("width", [0.5, 2.0])
def test_the_teachers_projection_is_always_the_same_and_not_learned(width: float) -> None:
    torch.manual_seed(1)
    one = LatentMatching(student_of(8), [16], width=width)
    torch.manual_seed(2)
    two = LatentMatching(student_of(8), [16], width=width)
    assert torch.equal(one.basis0, two.basis0)
    short = one.basis0 if width < 1 else one.basis0.T
    torch.testing.assert_close(short @ short.T, torch.eye(len(short)), atol=1e-5, rtol=0)
    assert list(one.state_dict()) == ["layers.0.weight", "layers.0.bias"]

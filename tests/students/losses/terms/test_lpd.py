"""Locality preserving: the pull between neighbours by hand, and that it has a gradient at all."""

import math

import pytest
import torch

from lotwise.students.losses.terms.lpd import Lpd
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

PLACES = [[0, 0, 8, 8], [24, 0, 32, 8], [48, 0, 56, 8]]
"""One cell each: 0, 3 and 6."""


def vectors(*rows: tuple[float, float]) -> torch.Tensor:
    """(1, 2, 8, 8) with these vectors at the three places."""
    made = torch.zeros(1, 2, 8, 8)
    made[0, :, 0, [0, 3, 6][: len(rows)]] = torch.tensor(rows).float().T
    return made


def term(**settings) -> Lpd:
    return Lpd(student_of(2), [2], **settings)


def goal(told: torch.Tensor, vehicles: int):
    return targets((stored(told[0]),), boxes=[PLACES[:vehicles]])


@pytest.mark.parametrize(
    ("mine", "told", "value"),
    [
        # Both ways of one pair, by 2m = 4: 2 * 1 * 2 / 4.
        (((1, 0), (0, 1)), ((1, 0), (1, 0)), 1.0),
        # The teacher's are sqrt 2 apart: alpha = exp(-1).
        (((1, 0), (0, 1)), ((1, 0), (0, 1)), math.exp(-1)),
        # Length does not matter on either side.
        (((7, 0), (0, 3)), ((5, 0), (0, 2)), math.exp(-1)),
        # Alike to the student: nothing to pull.
        (((1, 1), (2, 2)), ((1, 0), (0, 1)), 0.0),
    ],
)
def test_value_of_a_pair_by_hand(mine, told, value: float) -> None:
    assert cost(term(), vectors(*mine), goal(vectors(*told), 2)) == pytest.approx(value, abs=1e-4)


def test_only_the_nearest_by_the_teacher_pull() -> None:
    """The third is far from the first two; with one neighbour each, it pulls towards the second only."""
    mine, told = vectors((1, 0), (1, 0), (0, 1)), vectors((1, 0), (1, 0.5), (0, 1))
    alpha = math.exp(-(2 - 2 * 0.5 / math.sqrt(1.25)) / 2)
    assert cost(term(neighbours=1), mine, goal(told, 3)) == pytest.approx(alpha * 2 / 6, abs=1e-3)


def test_it_has_a_gradient_and_that_of_finite_differences() -> None:
    mine = maps(3).requires_grad_()
    told = targets((stored(maps(4, seed=1)[0]),), boxes=[[*PLACES, [0, 24, 20, 40]]])
    Lpd(student_of(3), [4])(said(mine), told, NO_ASSIGNMENT).backward()
    assert mine.grad.abs().sum() > 0
    assert slope_is_right(Lpd(student_of(3), [4], neighbours=2), maps(3), told)


def test_a_student_without_structure_costs_nothing_which_is_why_it_needs_others_beside_it() -> None:
    assert cost(term(), torch.ones(1, 2, 8, 8), goal(maps(2, seed=1), 3)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("boxes", [[], PLACES[:1]], ids=["none", "one"])
def test_fewer_than_two_vehicles_are_zero_with_a_gradient(boxes) -> None:
    assert nothing_is_zero(Lpd(student_of(3), [4]), targets((stored(maps(4)[0]),), boxes=[boxes]))


def test_nothing_stored_is_zero_with_a_gradient() -> None:
    assert nothing_is_zero(Lpd(student_of(3), [4]), targets((None,), boxes=[PLACES]))
    assert nothing_is_zero(Lpd(student_of(3), []), targets(boxes=[PLACES]))

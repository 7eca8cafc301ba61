"""Contrast between vehicles: the value by hand, and that a parked car is never its own negative."""

import math

import pytest
import torch

from lotwise.students.losses.terms.crd import Crd
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

PLACES = [[0, 0, 8, 8], [24, 0, 32, 8], [48, 0, 56, 8]]
"""One cell each: 0, 3 and 6."""
APART = torch.eye(3)


def placed(rows: torch.Tensor) -> torch.Tensor:
    """(1, 3, 8, 8) with these vectors at the places."""
    made = torch.zeros(1, 3, 8, 8)
    made[0, :, 0, [0, 3, 6][: len(rows)]] = rows.T
    return made


def term(**settings) -> Crd:
    made = Crd(student_of(3), [3], **{"size": 3, "tau": 1.0, **settings})
    identity(made.of_student)
    identity(made.of_teacher)
    return made


def goal(told: torch.Tensor, boxes=PLACES):
    return targets((stored(told[0]),), boxes=[boxes])


def frame(rows: torch.Tensor, boxes=PLACES):
    return placed(rows), goal(placed(rows), boxes)


@pytest.mark.parametrize("tau", [1.0, 0.5])
def test_value_of_orthogonal_vehicles_by_hand(tau: float) -> None:
    """-log( e^(1/tau) / (e^(1/tau) + 2 e^0) ), the same both ways."""
    assert cost(term(tau=tau), *frame(APART)) == pytest.approx(math.log(1 + 2 * math.exp(-1 / tau)), abs=1e-5)


def test_both_ways_are_asked() -> None:
    """The student says the same of both: which of the teacher's is it (log 2), and which is the teacher's (split)?"""
    mine, told = placed(APART[[0, 0]]), placed(APART[:2])
    there = (math.log(1 + math.exp(-1)) + math.log(1 + math.e)) / 2
    assert cost(term(), mine, goal(told, PLACES[:2])) == pytest.approx((there + math.log(2)) / 2, abs=1e-5)


def test_vehicles_in_the_order_of_the_teacher_cost_least() -> None:
    assert cost(term(), *frame(APART)) < cost(term(), placed(APART[[1, 2, 0]]), goal(placed(APART)))


def test_the_same_place_is_no_negative_in_the_same_batch() -> None:
    """Two frames of one camera, a car in the same slot of both: there is nothing it must differ from."""
    mine = placed(APART[:1]).repeat(2, 1, 1, 1)
    latents = (stored(mine[0]), stored(mine[1]))
    moved = [[[0, 0, 8, 8]], [[0, 0, 7, 8]]]
    assert cost(term(), mine, targets(latents, boxes=moved)) == 0
    elsewhere = [[[0, 0, 8, 8]], [[24, 0, 32, 8]]]
    assert cost(term(), mine, targets(latents, boxes=elsewhere)) > 0.5


def test_past_vehicles_of_other_places_are_negatives_and_those_of_the_same_are_not() -> None:
    crd = term()
    assert cost(crd, *frame(APART[:1], PLACES[:1])) == 0
    assert cost(crd, *frame(APART[:1], PLACES[:1])) == 0
    second = torch.zeros(1, 3, 8, 8)
    second[0, :, 0, 3] = APART[1]
    assert cost(crd, second, goal(second, PLACES[1:2])) == pytest.approx(math.log(1 + 2 * math.exp(-1)), abs=1e-5)


def test_the_queue_forgets_the_oldest_and_is_kept_in_the_state() -> None:
    crd = term(queue=2)
    for place in (0, 1, 2):
        cost(crd, *frame(APART, PLACES[place : place + 1]))
    assert crd.places[:, 0].tolist() == [48, 24]
    resumed = term(queue=2)
    resumed.load_state_dict(crd.state_dict())
    assert cost(resumed, *frame(APART[:1], PLACES[:1])) == cost(crd, *frame(APART[:1], PLACES[:1])) > 0


def test_outside_of_training_the_queue_stays() -> None:
    crd = term().eval()
    cost(crd, *frame(APART))
    assert crd.places.isnan().all()


def test_gradient_is_that_of_finite_differences_with_a_queue() -> None:
    torch.manual_seed(0)
    crd = Crd(student_of(3), [4], size=5, tau=0.5)
    told = targets((stored(maps(4, seed=1)[0]),), boxes=[PLACES])
    cost(crd, maps(3, seed=2), targets((stored(maps(4, seed=3)[0]),), boxes=[[[0, 40, 8, 48], [40, 40, 60, 60]]]))
    assert slope_is_right(crd, maps(3), told)


def test_it_learns_to_tell_vehicles_apart() -> None:
    torch.manual_seed(0)
    crd = Crd(student_of(3), [4])
    mine, told = maps(3), targets((stored(maps(4, seed=1)[0]),), boxes=[PLACES])
    optimizer = torch.optim.Adam(crd.parameters(), lr=0.02)
    first = cost(crd.eval(), mine, told)
    for _ in range(40):
        optimizer.zero_grad()
        crd(said(mine), told, NO_ASSIGNMENT).backward()
        optimizer.step()
    assert cost(crd, mine, told) < 0.1 * first


def test_nothing_stored_is_zero_with_a_gradient() -> None:
    crd = Crd(student_of(3), [4])
    assert nothing_is_zero(crd, targets((None,), boxes=[PLACES]))
    assert nothing_is_zero(crd, targets((stored(maps(4)[0]),), boxes=[[]]))
    assert nothing_is_zero(Crd(student_of(3), []), targets(boxes=[PLACES]))
    assert crd.places.isnan().all()

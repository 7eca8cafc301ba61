"""Channel-wise distillation: closed forms of two cells, and what scale and temperature do."""

import pytest
import torch

from lotwise.students.losses.terms.cwd import Cwd
from tests.students.losses.latents import (
    cost,
    identity,
    maps,
    nothing_is_zero,
    slope_is_right,
    stored,
    student_of,
    targets,
)


def term(channels: int, **settings) -> Cwd:
    made = Cwd(student_of(channels), [channels], **settings)
    identity(made.layers)
    return made


def two_cells(*channels: tuple[float, float]) -> torch.Tensor:
    """(1, C, 8, 8) with these values of each channel in the first two cells."""
    made = torch.zeros(1, len(channels), 8, 8)
    made[0, :, 0, :2] = torch.tensor(channels)
    return made


@pytest.mark.parametrize(
    ("mine", "temperature", "value"),
    [
        ([(0, 0)], 1.0, 0.130812),  # log 2 - H(3/4), against the teacher's (log 3, 0): probabilities 3/4 and 1/4
        ([(0, 0)], 2.0, 0.145364),  # 4 (log 2 - H(0.633975))
        ([(1.0986123, 0)], 1.0, 0.0),  # the teacher's own
        ([(0, 0), (1.0986123, 0)], 1.0, 0.065406),  # the mean over channels
        ([(5, 5)], 1.0, 0.130812),  # softmax does not see an offset
    ],
)
def test_value_by_hand_without_normalising(mine, temperature: float, value: float) -> None:
    told = two_cells(*[(1.0986123, 0)] * len(mine))
    made = cost(
        term(len(mine), temperature=temperature, normalise=False), two_cells(*mine), targets((stored(told[0], [0, 1]),))
    )
    assert made == pytest.approx(value, abs=2e-4)


def test_normalised_two_cells_are_ones_with_signs() -> None:
    """(9, 2) becomes (1, -1) and (3, 4) becomes (-1, 1): 2 (p - q) with p = sigmoid(2), q = 1 - p."""
    p = torch.tensor(2.0).sigmoid().item()
    made = cost(term(1), two_cells((3, 4)), targets((stored(two_cells((9, 2))[0], [0, 1]),)))
    assert made == pytest.approx(2 * (2 * p - 1), abs=1e-3)


def test_normalised_maps_may_have_any_scale_and_raw_ones_may_not() -> None:
    told = targets((stored(maps(3)[0] * 4 + 1),))
    assert cost(term(3), maps(3), told) == pytest.approx(0, abs=1e-5)
    assert cost(term(3, normalise=False), maps(3), told) > 0.5


@pytest.mark.parametrize("normalise", [True, False])
def test_gradient_is_that_of_finite_differences(normalise: bool) -> None:
    told = targets((stored(maps(4, seed=1)[0], [0, 5, 9, 40]),))
    assert slope_is_right(Cwd(student_of(3), [4], temperature=2.0, normalise=normalise), maps(3), told)


def test_each_sample_has_positions_of_its_own() -> None:
    mine, told = maps(3, batch=2), maps(3, batch=2, seed=1)
    alone = [cost(term(3), mine[i : i + 1], targets((stored(told[i], [1, 2, 3]),))) for i in range(2)]
    both = cost(term(3), mine, targets((stored(told[0], [1, 2, 3]), stored(told[1], [1, 2, 3]))))
    assert both == pytest.approx(sum(alone) / 2)


def test_nothing_stored_is_zero_with_a_gradient() -> None:
    assert nothing_is_zero(Cwd(student_of(3), [4]), targets((None,)))
    assert nothing_is_zero(Cwd(student_of(3), []), targets())

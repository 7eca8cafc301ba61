"""Pearson distillation is one minus the correlation, whatever the scale of the maps."""

import numpy as np
import pytest

from lotwise.students.losses.terms.pkd import Pkd
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


def term(channels: int = 3) -> Pkd:
    made = Pkd(student_of(channels), [channels])
    identity(made.layers)
    return made


def test_value_is_one_minus_pearsons_r_over_the_cells_of_all_samples() -> None:
    mine, told = maps(3, batch=2), maps(3, batch=2, seed=1)
    cells = [0, 3, 9, 40]
    made = cost(term(), mine, targets((stored(told[0], cells), stored(told[1], cells))))
    flat = [side.flatten(2)[:, :, cells].transpose(0, 1).flatten(1).numpy() for side in (mine, told)]
    r = [np.corrcoef(a, b)[0, 1] for a, b in zip(*flat, strict=True)]
    assert made == pytest.approx(1 - np.mean(r), abs=1e-4)


@pytest.mark.parametrize(("scale", "value"), [(1.0, 0.0), (5.0, 0.0), (0.5, 0.0), (-1.0, 2.0)])
def test_scale_and_offset_do_not_matter_but_the_sign_does(scale: float, value: float) -> None:
    assert cost(term(), maps(3), targets((stored(scale * maps(3)[0] + 1),))) == pytest.approx(value, abs=1e-4)


def test_gradient_is_that_of_finite_differences() -> None:
    told = (stored(maps(4, seed=1)[0], [0, 5, 9, 40]), stored(maps(4, seed=2)[0], [7]))
    assert slope_is_right(Pkd(student_of(3), [4]), maps(3, batch=2), targets(told))


def test_nothing_stored_is_zero_with_a_gradient_and_one_cell_says_nothing() -> None:
    assert nothing_is_zero(Pkd(student_of(3), [4]), targets((None,)))
    assert nothing_is_zero(Pkd(student_of(3), []), targets())
    assert cost(term(), maps(3), targets((stored(maps(3, seed=1)[0], [5]),))) == 0

"""The fit finds weights that were put in, stays sane where nothing was seen, and its interval covers new cases."""

import numpy as np

from lotwise.cameras.trust.fit import conformal_radius, left_out_residuals, nonnegative_ridge

RNG = np.random.default_rng(0)
TRUE = np.array([0.3, 0.0, 0.1])


def made(count: int, noise: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    rows = RNG.uniform(0, 2, (count, 3))
    return rows, rows @ TRUE + 0.1 + RNG.normal(0, noise, count)


def test_weights_that_were_put_in_come_out() -> None:
    weights, offset = nonnegative_ridge(*made(400), np.zeros(3), 1.0)
    assert np.abs(weights - TRUE).max() < 0.02 and abs(offset - 0.1) < 0.02


def test_the_same_as_least_squares_where_that_is_positive() -> None:
    rows, roots = made(60, 0.05)
    ours, _ = nonnegative_ridge(rows, roots, np.zeros(3), 0.0)
    theirs = np.linalg.lstsq(np.column_stack([rows, np.ones(60)]), roots, rcond=None)[0]
    if (theirs[:3] > 0).all():
        assert np.abs(ours - theirs[:3]).max() < 1e-3
    assert (ours >= 0).all()


def test_few_cases_leave_the_prior_as_it_is() -> None:
    prior = np.array([0.2, 0.1, 0.05])
    weights, _ = nonnegative_ridge(np.zeros((2, 3)), np.zeros(2), prior, 20.0)
    assert np.allclose(weights, prior)
    harmful, _ = nonnegative_ridge(*made(50), np.array([-1.0, -1.0, -1.0]), 1e6)
    assert (harmful == 0).all()


def test_nine_of_ten_new_cases_lie_within_the_radius() -> None:
    rows, roots = made(300, 0.05)
    groups = [str(index % 6) for index in range(300)]
    radius = conformal_radius(left_out_residuals(rows, roots, groups, np.zeros(3), 1.0))
    weights, offset = nonnegative_ridge(rows, roots, np.zeros(3), 1.0)
    new_rows, new_roots = made(2000, 0.05)
    covered = np.mean(np.abs(new_rows @ weights + offset - new_roots) <= radius)
    assert 0.86 < covered < 0.95
    assert conformal_radius(np.zeros(0)) == 1.0


def test_one_group_alone_is_told_by_the_prior() -> None:
    residuals = left_out_residuals(np.zeros((3, 3)), np.array([0.1, 0.2, 0.3]), ["a"] * 3, np.zeros(3), 1.0)
    assert np.allclose(residuals, [0.1, 0.0, 0.1])

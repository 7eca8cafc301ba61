"""Rows on the ground: found, completed, made even."""

from __future__ import annotations

import numpy as np
import pytest

from lotwise.cameras.slots.proposals.calibration import YAWS
from lotwise.cameras.slots.proposals.car_on_ground import boxes_of
from lotwise.cameras.slots.proposals.complete_row import more_places
from lotwise.cameras.slots.proposals.in_the_way import in_the_way
from lotwise.cameras.slots.proposals.regular_row import RegularRow, regular_row
from lotwise.cameras.slots.proposals.rows import Row, Standing, find_rows
from tests.cameras.slots.proposals.planted import SIZE, VIEW

SQUARE = np.pi / 2


def standing(middles: np.ndarray, yaw: float = SQUARE) -> Standing:
    """Places whose cars fit in one direction only."""
    count = len(middles)
    misfit = np.full((count, len(YAWS)), 50.0)
    misfit[:, int(np.abs(YAWS - yaw).argmin())] = 0.5
    return Standing(np.repeat(middles[:, None], len(YAWS), axis=1), misfit, YAWS, np.ones(count))


def line(count: int, step: float = 2.5, y: float = 20.0) -> np.ndarray:
    return np.column_stack([np.arange(count) * step, np.full(count, y)])


def test_a_row_with_a_gap_keeps_its_numbers() -> None:
    middles = np.delete(line(9), [4, 5], axis=0)
    (found,) = find_rows(standing(middles))
    assert found.behind is False
    numbers = found.numbers if middles[found.members[0], 0] == 0 else (8 - found.numbers)[::-1]
    assert numbers.tolist() == [0, 1, 2, 3, 6, 7, 8]


@pytest.mark.parametrize(
    ("step", "yaw", "rows"),
    [
        (2.5, SQUARE, 1),  # side by side
        (3.4, np.pi / 4, 1),  # angled
        (6.0, 0.0, 1),  # one behind the other
        (1.2, SQUARE, 0),  # nearer than cars are wide
        (2.5, 0.0, 0),  # one behind the other, nearer than cars are long
        (9.0, 0.0, 0),  # too far apart for neighbours
    ],
)
def test_what_is_a_row(step: float, yaw: float, rows: int) -> None:
    assert len(find_rows(standing(line(4, step), yaw))) == rows


def test_two_cars_are_no_row_and_uneven_ones_are_none() -> None:
    assert find_rows(standing(line(2))) == []
    assert find_rows(standing(np.array([[0, 20], [2.5, 20], [6.6, 22.5]]))) == []


def test_places_of_no_weight_take_no_part() -> None:
    given = standing(line(3))
    assert len(find_rows(given)) == 1
    assert find_rows(Standing(given.middles, given.misfit, YAWS, np.array([1.0, 0.0, 1.0]))) == []


def test_a_place_is_in_one_row_only() -> None:
    crossing = np.concatenate([line(7), np.column_stack([np.full(4, 7.5), [12.5, 15, 22.5, 25]])])
    rows = find_rows(standing(crossing))
    members = np.concatenate([row.members for row in rows])
    assert len(members) == len(set(members.tolist()))
    assert sorted(rows[0].members.tolist()) == list(range(7))


def planted(count: int, missing: tuple[int, ...], noise: float = 0.0) -> tuple[Row, np.ndarray, np.ndarray]:
    """A row as it was found, all boxes of its places, and their middles."""
    middles = line(count, 2.6) - [6.0, 0.0]
    boxes = boxes_of(VIEW, middles, np.full(count, SQUARE))
    boxes += np.random.default_rng(0).normal(0, noise, boxes.shape)
    numbers = np.setdiff1d(np.arange(count), missing)
    return Row(numbers, numbers - numbers[0], SQUARE, False, 1.0), boxes, middles


def test_missing_places_lie_where_they_must() -> None:
    row, boxes, middles = planted(7, (2, 3))
    even = regular_row(row, boxes, np.ones(7), VIEW)
    assert even.members.tolist() == [0, 1, -1, -1, 4, 5, 6]
    assert np.abs(even.middles - middles).max() < 0.1
    footprints = even.footprints()
    assert footprints.shape == (7, 4, 2)
    assert np.ptp(footprints[3, :, 0]) == pytest.approx(2.6, abs=0.1)
    assert np.ptp(footprints[3, :, 1]) == pytest.approx(4.9, abs=0.1)


def test_spacing_becomes_regular() -> None:
    row, boxes, _ = planted(7, (), noise=1.5)
    even = regular_row(row, boxes, np.ones(7), VIEW)
    assert np.ptp(np.diff(even.middles[:, 0])) < 0.25


def test_a_cut_car_beyond_the_end_joins_the_row() -> None:
    row, boxes, _ = planted(7, (0, 3, 6))
    even = regular_row(row, boxes, np.ones(7), VIEW)
    boxes[0, 2] -= 0.25 * (boxes[0, 2] - boxes[0, 0])  # a part of it is hidden
    free = np.isin(np.arange(7), (0, 3, 6))
    more = more_places(even, boxes, free, VIEW, SIZE)
    assert more.members.tolist() == [0, 3, 6]
    assert more.numbers.tolist() == [-1, 2, 5]
    joined = row.joined(more.members, more.numbers)
    assert joined.members.tolist() == list(range(7))
    assert joined.numbers.tolist() == list(range(7))
    assert not len(more_places(even, boxes, np.zeros(7, bool), VIEW, SIZE).members)


@pytest.mark.parametrize(
    ("above", "below", "blocks"),
    [
        (27.0, 14.0, True),  # a lane on each side: nobody gets out
        (27.0, None, False),  # nothing on the other side: a kerb
        (45.0, 0.0, False),  # wide lanes
    ],
)
def test_who_is_in_the_way(above: float, below: float | None, blocks: bool) -> None:
    def regular(y: float, step: float, yaw: float, behind: bool) -> RegularRow:
        middles = line(5, step, y)
        return RegularRow(np.arange(5), middles, np.gradient(middles, axis=0), np.full(5, yaw), behind)

    others = [regular(y, 5.0, SQUARE, False) for y in (above, below) if y is not None]
    row = regular(20.5, 5.8, 0.0, True)
    assert in_the_way(row, [row, *others]) is blocks
    assert not in_the_way(others[0], [row, *others])

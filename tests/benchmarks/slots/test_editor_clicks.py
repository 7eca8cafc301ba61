"""What the count of clicks is made from: rows of true slots, and the corners that they are filled from."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.slots.editor_clicks import Polygon, iou, row_corners, rows_of


def place(left: float, top: float = 0.0, turns: int = 0) -> Polygon:
    """A slot of one by two tenths; the renderer begins its outline at any corner."""
    corners = np.array([[left, top], [left + 0.1, top], [left + 0.1, top + 0.2], [left, top + 0.2]])
    return np.roll(corners, turns, axis=0)


def test_slots_that_share_a_side_are_a_row() -> None:
    cut = np.array([[0.9, 0.5], [1.0, 0.5], [1.0, 0.6], [0.95, 0.7], [0.9, 0.7]])
    slots = [place(0.0), place(0.1, turns=2), place(0.2), place(0.5), place(0.6), place(0.1, 0.5), cut]
    assert [len(row) for row in rows_of(slots)] == [3, 2, 1, 1]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_row_is_filled_from_its_outer_corners_in_order(turns: int) -> None:
    corners = row_corners([place(0.1 * at, turns=(turns + at) % 4) for at in range(3)])
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = corners
    assert {round(x0, 6), round(x3, 6)} == {0.0} and {round(x1, 6), round(x2, 6)} == {0.3}
    assert y0 == y1 and y2 == y3 and y0 != y2  # along one side, then back along the other


def test_overlap_is_measured_in_pixels() -> None:
    assert iou(place(0.0), place(0.0)) == pytest.approx(1, abs=1e-5)
    assert iou(place(0.0), place(0.05)) == pytest.approx(1 / 3, abs=1e-3)
    assert iou(place(0.0), place(0.5)) == 0

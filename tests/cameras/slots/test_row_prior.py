"""Expected boxes of all slots from a few that were seen."""

import numpy as np
import pytest

from lotwise.cameras.slots.row_prior import BoxesOnSlots, DrawnSlots, expected_boxes, row_triples

CENTRES = np.array([[100.0 + 40 * i, 200.0 + 10 * i] for i in range(6)])
SHARED_OFFSET_SPREAD = np.array([-0.5, -0.5, 0.5, 0.5])


def drawing(centres=CENTRES) -> DrawnSlots:
    return DrawnSlots(centres, np.full(len(centres), 60.0), row_triples(centres), SHARED_OFFSET_SPREAD)


def sighting(slots: list[int], boxes: np.ndarray, frames: int = 9, seen=(True, True, True, True)) -> BoxesOnSlots:
    count = len(slots)
    return BoxesOnSlots(np.array(slots, int), boxes, np.full(count, frames), np.array([seen] * count).reshape(-1, 4))


def around(points: np.ndarray, dx: float = 0, dy: float = 0) -> np.ndarray:
    middle = points + np.array([dx, dy])
    half = np.array([35.0, 25.0])
    return np.concatenate([middle - half, middle + half], axis=1)


def test_rows_are_found_and_do_not_jump_the_aisle() -> None:
    far = CENTRES + np.array([0, -150])
    found = row_triples(np.concatenate([CENTRES, far]))
    assert len(found) == 8
    assert {row[1] for row in found.tolist()} == {1, 2, 3, 4, 7, 8, 9, 10}
    assert all(abs(a - slot) == abs(b - slot) == 1 for a, slot, b in found.tolist())


@pytest.mark.parametrize("count", [1, 2])
def test_few_slots_are_no_row(count) -> None:
    assert row_triples(CENTRES[:count]).shape == (0, 3)


def test_with_nothing_seen_a_car_stands_on_its_slot_with_doubt() -> None:
    expected, _ = expected_boxes(drawing(), sighting([], np.zeros((0, 4))))
    assert expected.boxes == pytest.approx(np.concatenate([CENTRES - 30, CENTRES + 30], axis=1))
    assert (expected.shift > 0.15).all()


def test_slots_share_what_was_seen_on_others() -> None:
    boxes = around(CENTRES, dx=18, dy=-12)
    expected, _ = expected_boxes(drawing(), sighting([0, 1, 2, 3], boxes[:4]))
    assert expected.boxes[5] == pytest.approx(boxes[5], abs=8)
    assert expected.shift[5] < 0.2
    assert (expected.shift[:4] < expected.shift[5]).all()


def test_even_spacing_sets_right_a_slot_that_is_drawn_sloppily() -> None:
    drawn = CENTRES.copy()
    drawn[5] -= [12, 3]  # a third of a slot towards its neighbour
    expected, _ = expected_boxes(drawing(drawn), sighting([0, 1, 2, 3, 4], around(CENTRES[:5])))
    off = expected.boxes[5] - around(CENTRES)[5]
    assert np.abs(off).max() < 8


def test_own_sighting_does_not_speak_for_itself() -> None:
    boxes = around(CENTRES)
    boxes[2] += 25
    expected, others = expected_boxes(drawing(), sighting([1, 2, 3], boxes[1:4]))
    assert expected.boxes[2, 0] > others.boxes[2, 0] + 8
    assert others.boxes[2] == pytest.approx(around(CENTRES)[2], abs=6)
    assert others.shift[2] > expected.shift[2]
    assert others.boxes[0] == pytest.approx(expected.boxes[0])  # slots that were not seen: the same


def test_a_side_cut_by_the_border_says_nothing() -> None:
    centres = CENTRES - [100, 0]
    boxes = around(centres)
    cut = boxes.copy()
    cut[0, 0] = 0
    free = np.array([[False, True, True, True], [True] * 4, [True] * 4])
    expected, _ = expected_boxes(drawing(centres), BoxesOnSlots(np.arange(3), cut[:3], np.full(3, 5), free))
    assert expected.boxes[0, 0] == pytest.approx(boxes[0, 0], abs=10)
    assert expected.boxes[0, 2] == pytest.approx(boxes[0, 2], abs=5)

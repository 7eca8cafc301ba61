"""What the figures of ignore regions count."""

import numpy as np
import pytest

from benchmarks.slots.ignored import beside, driving_past, seen_again, shares
from lotwise.datasets.frame import Detections, VehicleTruth
from tests.cameras.view.scenes import scene


def test_only_the_same_pixels_make_a_pair() -> None:
    lot = scene(seed=0)
    box, moved = [100.0, 100.0, 200.0, 180.0], [105.0, 100.0, 205.0, 180.0]
    said = [Detections.of([each], [0.9]) for each in (box, moved)]
    again = seen_again(said, [lot, lot])
    assert again == pytest.approx([95 / 105] * len(again))
    assert len(again)
    assert not len(seen_again(said, [lot, np.ascontiguousarray(lot[::-1])]))


def test_the_best_neighbour_counts_and_ignore_regions_do_not() -> None:
    boxes = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [0, 0, 10, 10]], np.float32)
    assert beside([VehicleTruth(boxes, np.array([False, False, True]))]) == pytest.approx([1 / 3, 1 / 3])


def test_what_drives_past_far_below_is_never_the_thing() -> None:
    assert shares(driving_past(0.75))[0.3] == 0
    assert 0 < shares(driving_past(0.25))[0.5] < shares(driving_past(0.25))[0.3] < 1

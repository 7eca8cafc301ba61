"""Ignore regions: which boxes they take away, and what is no region."""

import numpy as np
import pytest
from pydantic import ValidationError

from lotwise.cameras.ignore.region import IgnoreRegion, is_ignored, region_boxes, without_ignored
from lotwise.datasets.frame import Detections

REGION = (0.1, 0.2, 0.3, 0.4)
SIZE = (1000, 500)  # in pixels the region is 100, 100, 300, 200


@pytest.mark.parametrize(
    ("box", "ignored"),
    [
        ([100, 100, 300, 200], True),  # the thing itself
        ([110, 95, 310, 205], True),  # the thing as another frame has it
        ([200, 100, 400, 200], False),  # a car that stands half before it
        ([150, 120, 250, 180], False),  # a car in front of it, within its box
        ([300, 100, 500, 200], False),  # a car beside it
        ([0, 0, 1000, 500], False),  # all of the frame
    ],
)
def test_only_the_thing_itself_is_ignored(box: list[float], ignored: bool) -> None:
    regions = region_boxes([IgnoreRegion(box=REGION)])
    assert is_ignored(np.array([box], np.float32), regions, SIZE).tolist() == [ignored]
    assert len(without_ignored(Detections.of([box], [0.9]), regions, SIZE)) == (not ignored)


def test_without_regions_everything_stays() -> None:
    found = Detections.of([[0, 0, 10, 10]], [0.9])
    assert without_ignored(found, region_boxes([]), SIZE) is found
    assert is_ignored(Detections.empty().boxes, region_boxes([IgnoreRegion(box=REGION)]), SIZE).tolist() == []


def test_the_same_box_is_the_same_region() -> None:
    assert IgnoreRegion(box=REGION, note="a cage").id == IgnoreRegion(box=(0.10001, 0.2, 0.3, 0.4)).id
    assert IgnoreRegion(box=REGION).id != IgnoreRegion(box=(0.11, 0.2, 0.3, 0.4)).id


def test_a_box_that_reaches_over_the_edge_is_cut() -> None:
    assert IgnoreRegion(box=(-0.0005, 0.5, 0.3, 1.0004)).box == (0.0, 0.5, 0.3, 1.0)


@pytest.mark.parametrize(
    ("box", "why"),
    [
        ((100, 100, 300, 200), "outside of the frame"),  # pixels
        ((0.3, 0.2, 0.1, 0.4), "no area"),
        ((0.1, 0.2, 0.10001, 0.4), "no area"),  # once rounded
        ((float("nan"), 0.2, 0.3, 0.4), "no number"),
    ],
)
def test_what_is_no_box_is_refused(box: tuple[float, ...], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        IgnoreRegion(box=box)

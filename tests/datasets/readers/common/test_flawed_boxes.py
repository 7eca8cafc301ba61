"""Boxes that cannot be meant, each flaw by its name."""

import numpy as np
import pytest

from lotwise.datasets.readers.common.flawed_boxes import (
    NEGATIVE,
    NO_AREA,
    NOT_A_NUMBER,
    OUTSIDE,
    TWICE,
    flaw_notes,
    usable,
)

GOOD = [10, 20, 40, 60]


@pytest.mark.parametrize(
    ("box", "flaw"),
    [
        (GOOD, TWICE),
        ([10.0001, 20, 40, 60], TWICE),  # rounded by another tool
        ([10.1, 20, 40, 60], None),
        ([10, 20, 10, 60], NO_AREA),
        ([40, 20, 10, 60], NEGATIVE),
        ([10, np.nan, 40, 60], NOT_A_NUMBER),
        ([10, 20, np.inf, 60], NOT_A_NUMBER),
        ([200, 20, 240, 60], OUTSIDE),
        ([-40, 20, 0, 60], OUTSIDE),
        ([-5, 20, 40, 60], None),  # reaches out
    ],
)
def test_flaws(box: list[float], flaw: str | None) -> None:
    keep, flaws = usable(np.array([GOOD, box]), np.zeros(2, bool), (100, 80))
    assert keep.tolist() == [True, flaw is None]
    assert flaws == ({} if flaw is None else {flaw: 1})
    assert flaw_notes(flaws) == ([] if flaw is None else [f"1 boxes were left out: they have {flaw}"])


def test_an_ignore_region_and_a_vehicle_may_have_the_same_box() -> None:
    keep, flaws = usable(np.array([GOOD, GOOD, GOOD]), np.array([False, True, True]))
    assert keep.tolist() == [True, True, False] and flaws == {TWICE: 1}


def test_no_boxes_have_no_flaws() -> None:
    keep, flaws = usable(np.zeros((0, 4)), np.zeros(0, bool), (10, 10))
    assert keep.shape == (0,) and not flaws

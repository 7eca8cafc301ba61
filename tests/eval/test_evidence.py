"""Incomplete evidence is refused, not measured as if nothing had been seen."""

from dataclasses import replace

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Truth
from tests.eval.lots import box, evidence, vehicles

SEEN = Detections.of([box(0)], [0.9])
TRUTH = {name: Truth(vehicles=vehicles([box(0)])) for name in ("C1/1", "C1/2", "C2/1")}


def test_a_role_may_leave_out_a_camera() -> None:
    some = evidence({"student": {"C1/1": SEEN, "C1/2": SEEN}}, TRUTH)
    assert (some.covers("student", "C1"), some.covers("student", "C2")) == (True, False)


def test_a_role_may_not_leave_out_single_frames() -> None:
    some = evidence({"student": {"C1/1": SEEN}}, TRUTH)
    with pytest.raises(InputError, match=r"C1/2: no detections of the student.*run it on all 2 frames"):
        some.covers("student", "C1")


def test_a_camera_without_a_deployed_confidence_is_refused() -> None:
    some = replace(evidence({"student": {"C1/1": SEEN, "C1/2": SEEN}}, TRUTH), confidence={"student": {}})
    with pytest.raises(InputError, match="C1: no deployed confidence for the student"):
        some.covers("student", "C1")

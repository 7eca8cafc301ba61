"""What is drawn of boxes: right, false, missed, and what does not count."""

from collections import Counter

from lotwise.datasets.frame import Detections
from lotwise.eval.marks import box_marks
from tests.eval.lots import box, vehicles

SEEN = Detections.of([box(0), box(5), box(8), box(1)], [0.9, 0.8, 0.7, 0.1])


def test_every_box_has_its_verdict() -> None:
    marks = box_marks(SEEN[SEEN.scores >= 0.25], vehicles([box(0), box(1)], [[160, 0, 180, 20]]))
    count = Counter(mark.verdict for mark in marks)
    assert count == {"right": 1, "false": 1, "missed": 1, "ignored": 2}  # the region, and what lies in it
    assert marks[-1].verdict == "missed"  # errors lie on top
    assert next(mark.label for mark in marks if mark.verdict == "right") == "0.90"

"""What is counted on a day without parked cars."""

from benchmarks.distillation.empty_day import Counts, false_detections
from lotwise.datasets.frame import Detections
from tests.benchmarks.lots import SIZE, A, slot

LAMP = [40, 2, 48, 8]  # on no slot
SAID = {
    "1": Detections.of([A, LAMP], [0.9, 0.3]),
    "2": Detections.of([LAMP], [0.3]),
    "3": Detections.of([A], [0.2]),  # under the threshold at which it runs
}


def test_every_box_at_work_is_counted_and_every_slot_that_it_covers() -> None:
    assert false_detections(SAID, [slot("a", A)], SIZE) == Counts(slots=1, frames=1, boxes=3, box_frames=2)
    assert false_detections(SAID, [slot("a", A)], SIZE, 0.1) == Counts(slots=2, frames=2, boxes=4, box_frames=3)
    assert false_detections({"1": Detections.empty()}, [slot("a", A)], SIZE) == Counts(0, 0, 0, 0)

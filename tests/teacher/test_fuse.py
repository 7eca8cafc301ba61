"""Several looks at one frame become one set of boxes."""

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.teacher.fuse import fuse

CAR = [10, 10, 50, 30]
NEXT = [60, 10, 100, 30]


def test_a_car_that_two_looks_see_is_one_car_with_the_best_score() -> None:
    fused = fuse([Detections.of([CAR], [0.9]), Detections.of([[12, 10, 52, 30]], [0.3])])
    assert fused.scores.tolist() == pytest.approx([0.9])
    assert fused.boxes[0] == pytest.approx([10.2, 10, 50.2, 30], abs=0.01)  # 0.81 : 0.09


def test_what_only_one_look_sees_keeps_its_score() -> None:
    fused = fuse([Detections.of([CAR], [0.4]), Detections.of([CAR, NEXT], [0.9, 0.6]), Detections.empty()])
    assert fused.scores.tolist() == pytest.approx([0.9, 0.6])
    assert fused.boxes[1].tolist() == NEXT


def test_by_the_mean_what_only_one_look_sees_is_doubted() -> None:
    fused = fuse([Detections.of([CAR, NEXT], [0.6, 0.5]), Detections.of([NEXT], [0.7])], score="mean")
    assert fused.scores.tolist() == pytest.approx([0.6, 0.3])
    assert fused.boxes.tolist() == [pytest.approx(NEXT), pytest.approx(CAR)]
    assert len(fuse([Detections.empty(), Detections.empty()], score="mean")) == 0


def test_two_boxes_of_one_look_are_two_cars_however_much_they_overlap() -> None:
    behind = [12, 10, 52, 30]
    fused = fuse([Detections.of([CAR, behind], [0.9, 0.8]), Detections.of([CAR, behind], [0.7, 0.6])])
    assert len(fused) == 2
    assert sorted(fused.boxes[:, 0].tolist()) == [10, 12]


def test_scores_fall_and_boxes_stay_within_what_was_seen() -> None:
    rng = np.random.default_rng(0)
    looks = []
    for _ in range(3):
        corner = rng.uniform(0, 200, (30, 2))
        boxes = np.concatenate([corner, corner + rng.uniform(10, 60, (30, 2))], axis=1)
        looks.append(Detections.of(boxes, rng.uniform(0, 1, 30)))
    fused = fuse(looks)
    assert (np.diff(fused.scores) <= 0).all()
    assert fused.boxes.min() >= min(look.boxes.min() for look in looks)
    assert fused.boxes.max() <= max(look.boxes.max() for look in looks)
    assert fused.scores.max() == max(look.scores.max() for look in looks)


@pytest.mark.parametrize("looks", [[], [Detections.empty()], [Detections.empty()] * 3])
def test_nothing_seen_is_no_box(looks: list[Detections]) -> None:
    assert len(fuse(looks)) == 0

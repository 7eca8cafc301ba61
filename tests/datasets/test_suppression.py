"""One box of each group of overlapping boxes is kept."""

import numpy as np
import pytest

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections
from lotwise.datasets.suppression import first_boxes, mark_second_boxes, suppress

CAR, ALMOST, NEXT = [0, 0, 100, 50], [4, 0, 104, 50], [50, 0, 150, 50]


def test_the_best_of_a_group_stays_and_neighbours_do_too() -> None:
    kept = suppress(Detections.of([ALMOST, NEXT, CAR], [0.5, 0.7, 0.9], [0, 2, 1]), confidence=0.1)
    assert kept.boxes.tolist() == [CAR, NEXT]
    assert kept.scores.tolist() == pytest.approx([0.9, 0.7])
    assert kept.labels.tolist() == [1, 2]


def test_confidence_and_limit() -> None:
    row = [[40 * i, 0, 40 * i + 30, 20] for i in range(10)]
    found = Detections.of(row, np.linspace(0.1, 1, 10))
    assert len(suppress(found, confidence=0.5)) == 6
    assert suppress(found, confidence=0.1, limit=3).scores.tolist() == pytest.approx([1.0, 0.9, 0.8])
    assert len(suppress(Detections.empty(), confidence=0.1)) == len(suppress(found, confidence=2)) == 0


def test_no_two_that_are_kept_overlap_more_than_allowed_and_none_is_lost_without_cause() -> None:
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 300, (400, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(30, 80, (400, 2))], axis=1)
    found = Detections.of(boxes, rng.permutation(np.linspace(0.01, 1, 400)))
    kept = suppress(found, confidence=0.01, iou=0.5)
    overlaps = iou(kept.boxes, kept.boxes) - np.eye(len(kept))
    assert overlaps.max() <= 0.5 + 1e-4
    lost = found[~np.isin(found.scores, kept.scores)]
    better = kept.scores[None] > lost.scores[:, None]
    assert ((iou(lost.boxes, kept.boxes) > 0.5 - 1e-4) & better).any(axis=1).all()


def test_second_boxes_are_marked_and_not_reported() -> None:
    part, around = [60, 5, 98, 45], [-30, -30, 130, 60]
    found = Detections.of([CAR, part, around, NEXT], [0.8, 0.6, 0.9, 0.5])
    marked = mark_second_boxes(found, 0.5, 0.9)
    assert (marked.scores.tolist(), marked.labels.tolist()) == (pytest.approx([0.9, 0.8, 0.6, 0.5]), [0, 1, 1, 0])
    assert first_boxes(marked).boxes.tolist() == [around, NEXT]  # that one lies in it to less than nine tenths
    # What is marked marks no other.
    chain = Detections.of([[0, 0, 100, 50], [30, 0, 130, 50], [60, 0, 160, 50]], [0.9, 0.8, 0.7])
    assert mark_second_boxes(chain, 0.5, 0.9).labels.tolist() == [0, 1, 0]
    assert len(first_boxes(mark_second_boxes(Detections.empty(), 0.5, 0.9))) == 0

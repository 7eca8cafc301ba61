"""Boxes of many frames gather into clusters; how a box is matched is up to the caller."""

import numpy as np
import pytest

from lotwise.cameras.slots.assignment import assign
from lotwise.cameras.slots.box_clusters import Floats, cluster_boxes
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections

LEFT, RIGHT = [0, 0, 10, 10], [100, 0, 110, 10]


def by_overlap(found: Detections, means: Floats) -> list[tuple[int, int]]:
    overlap = iou(found.boxes, means.astype(np.float32)).astype(np.float64)
    return assign(np.where(overlap > 0.3, overlap, 0))


@pytest.mark.parametrize("exponent", [0, 1, 2])
def test_a_mean_is_weighted_by_score(exponent: float) -> None:
    frames = [Detections.of([[0, 0, 10, 10]], [0.6]), Detections.of([[2, 0, 12, 10]], [0.4])]
    weights = 0.6**exponent, 0.4**exponent
    found = cluster_boxes(frames, by_overlap, exponent, passes=2)
    assert found.boxes[0, :1] == pytest.approx(2 * weights[1] / sum(weights))
    assert found.weights == pytest.approx([sum(weights)])


def test_members_are_indices_of_each_frames_boxes() -> None:
    frames = [Detections.of([LEFT, RIGHT], [0.9, 0.8]), Detections.empty(), Detections.of([RIGHT], [0.5])]
    assert cluster_boxes(frames, by_overlap, 1, passes=2).member.tolist() == [[0, -1, -1], [1, -1, 0]]


def test_low_scores_join_clusters_and_begin_none() -> None:
    frames = [Detections.of([LEFT], [0.9]), Detections.of([LEFT, RIGHT], [0.05, 0.05])]
    assert cluster_boxes(frames, by_overlap, 1, passes=2, seed_score=0.1).member.tolist() == [[0, 0]]


def test_no_frames_are_no_clusters() -> None:
    assert cluster_boxes([], by_overlap, 1, passes=1).member.shape == (0, 0)

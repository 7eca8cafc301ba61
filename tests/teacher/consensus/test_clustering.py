"""Boxes are gathered into clusters, one box a frame and cluster at most."""

import pytest

from lotwise.datasets.frame import Detections
from lotwise.teacher.consensus.clustering import cluster_by_iou

A, B = [10, 10, 50, 40], [24, 10, 64, 40]  # IoU 0.48


def test_each_frame_gives_a_cluster_one_box_at_most() -> None:
    double = Detections.of([A, [11, 10, 51, 40]], [0.9, 0.8])
    clusters = cluster_by_iou([double, double], 0.6, 0.1)
    assert clusters.member.tolist() in ([[0, 0], [1, 1]], [[1, 1], [0, 0]])


def test_overlapping_neighbours_are_two_clusters_whichever_is_seen() -> None:
    frames = [Detections.of([A, B], [0.9, 0.8]), Detections.of([B], [0.5]), Detections.of([A], [0.3])]
    assert cluster_by_iou(frames, 0.6, 0.1).member.tolist() == [[0, -1, 0], [1, 0, -1]]


def test_faint_boxes_join_clusters_but_make_none() -> None:
    frames = [Detections.of([A], [0.9]), Detections.of([A, [100, 10, 140, 40]], [0.02, 0.05])]
    clusters = cluster_by_iou(frames, 0.6, 0.1)
    assert clusters.member.tolist() == [[0, 0]]
    assert clusters.boxes[0] == pytest.approx(A, abs=0.01)


@pytest.mark.parametrize("frames", [[], [Detections.empty()] * 2])
def test_nothing_seen_is_no_cluster(frames) -> None:
    clusters = cluster_by_iou(frames, 0.6, 0.1)
    assert len(clusters) == 0 and clusters.member.shape == (0, len(frames))

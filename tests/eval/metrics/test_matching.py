"""Which detections are right, false or ignored, and which vehicles are missed."""

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.eval.metrics.matching import match
from tests.eval.lots import box, vehicles

REGION = [0.0, 0.0, 40.0, 20.0]  # covers the places 0 and 1


@pytest.mark.parametrize(
    ("boxes", "scores", "truth", "right", "ignored", "found"),
    [
        ([box(0)], [0.9], vehicles([box(0)]), "1", "0", "1"),  # perfect
        ([box(1)], [0.9], vehicles([box(0)]), "0", "0", "0"),  # elsewhere
        ([], [], vehicles([box(0), box(1)]), "", "", "00"),  # nothing detected
        ([box(0)], [0.9], vehicles([]), "0", "0", ""),  # nothing to find
        ([box(0), box(0)], [0.5, 0.9], vehicles([box(0)]), "01", "00", "1"),  # twice: the better score counts
        ([box(1)], [0.9], vehicles([], [REGION]), "0", "1", "0"),  # in an ignore region
        ([box(1), box(1)], [0.9, 0.8], vehicles([], [REGION]), "00", "11", "0"),  # many fit into one region
        ([box(0)], [0.9], vehicles([box(0)], [REGION]), "1", "0", "10"),  # vehicles come before regions
        (
            [box(0), box(0)],
            [0.9, 0.8],
            vehicles([box(0)], [REGION]),
            "10",
            "01",
            "10",
        ),  # then the region excuses
        ([[0, 0, 80, 20]], [0.9], vehicles([], [REGION]), "0", "1", "0"),  # just half inside
        ([[0, 0, 81, 20]], [0.9], vehicles([], [REGION]), "0", "0", "0"),  # less than half inside
        ([[0, 0, 10, 10]], [0.9], vehicles([[0, 0, 10, 5]]), "1", "0", "1"),  # IoU just 0.5
        ([[0, 0, 10, 10]], [0.9], vehicles([[0, 0, 10, 4.9]]), "0", "0", "0"),  # IoU just below
    ],
)
def test_verdicts(boxes, scores, truth, right, ignored, found) -> None:
    matching = match(Detections.of(boxes, scores), truth)

    def bits(array: np.ndarray) -> str:
        return "".join(str(int(value)) for value in array)

    assert (bits(matching.right), bits(matching.ignored), bits(matching.found)) == (right, ignored, found)
    assert matching.instances == int((~truth.ignore).sum())
    assert not (matching.missed & truth.ignore).any()


def test_a_detection_never_changes_the_verdict_on_a_better_scored_one() -> None:
    rng = np.random.default_rng(3)
    corner = rng.uniform(0, 100, (60, 2))
    detections = Detections.of(np.hstack([corner, corner + 20]), rng.random(60))
    corner = rng.uniform(0, 100, (30, 2))
    truth = vehicles(np.hstack([corner, corner + 20]).tolist(), [[0, 0, 30, 30]])
    whole = match(detections, truth)
    kept = detections.scores >= 0.5
    part = match(detections[kept], truth)
    assert part.right.sum() > 0
    assert np.array_equal(part.right, whole.right[kept])
    assert np.array_equal(part.ignored, whole.ignored[kept])

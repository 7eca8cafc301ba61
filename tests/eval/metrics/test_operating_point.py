"""Precision and recall at the confidence of best F1 and at the deployed one."""

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.eval.metrics.matching import Matching, match
from lotwise.eval.metrics.operating_point import OperatingPoint, at_confidence, best_f1, together
from tests.eval.lots import box, vehicles


def crowd(seed: int, frames: int = 4) -> list[Matching]:
    rng = np.random.default_rng(seed)
    matchings = []
    for _ in range(frames):
        corner = rng.uniform(0, 200, (40, 2))
        boxes = np.hstack([corner, corner + 20])
        clutter = rng.uniform(0, 200, (20, 2))
        seen = np.vstack([boxes[:30] + rng.normal(0, 2, (30, 4)), np.hstack([clutter, clutter + 20])])
        scores = np.round(np.append(rng.uniform(0.2, 1, 30), rng.uniform(0, 0.7, 20)), 1)  # many equal scores
        matchings.append(match(Detections.of(seen, scores), vehicles(boxes.tolist(), [[0, 0, 50, 50]])))
    return matchings


@pytest.mark.parametrize("seed", range(5))
def test_best_f1_is_the_best_of_all_confidences(seed: int) -> None:
    matchings = crowd(seed)
    candidates = [
        at_confidence(matchings, float(c)) for c in sorted({s for m in matchings for s in m.scores}, reverse=True)
    ]
    by_hand = max(candidates, key=lambda point: point.f1 or 0)
    assert best_f1(matchings) == by_hand


def test_counts_by_hand() -> None:
    truth = vehicles([box(0), box(1), box(2)])
    seen = Detections.of([box(0), box(5), box(1), box(6)], [0.9, 0.8, 0.7, 0.1])
    matchings = [match(seen, truth)]
    assert at_confidence(matchings, 0.75) == OperatingPoint(0.75, right=1, false=1, missed=2)
    best = best_f1(matchings)
    assert best.confidence == pytest.approx(0.7)
    assert (best.precision, best.recall, best.f1) == (2 / 3, 2 / 3, 2 / 3)


def test_ignored_detections_count_neither_way() -> None:
    seen = Detections.of([box(0), box(3), box(3)], [0.5, 0.9, 0.8])
    best = best_f1([match(seen, vehicles([box(0)], [[60, 0, 80, 20]]))])
    assert (best.right, best.false, best.missed, best.precision) == (1, 0, 0, 1.0)


@pytest.mark.parametrize(
    ("seen", "truth", "precision", "recall"),
    [
        (Detections.empty(), vehicles([box(0)]), None, 0.0),  # no boxes: no precision, which is not 0
        (Detections.of([box(0)], [0.9]), vehicles([]), 0.0, None),  # an empty lot has no recall
        (Detections.empty(), vehicles([]), None, None),
    ],
)
def test_nothing_to_divide_by_is_none(seen, truth, precision, recall) -> None:
    for point in (best_f1([match(seen, truth)]), at_confidence([match(seen, truth)], 0.25)):
        assert (point.precision, point.recall) == (precision, recall)


def test_no_frames() -> None:
    assert best_f1([]) == OperatingPoint(None, 0, 0, 0)
    assert at_confidence([], 0.5).f1 is None


def test_together_adds_counts_and_names_a_confidence_only_if_all_agree() -> None:
    a, b = OperatingPoint(0.3, 1, 2, 3), OperatingPoint(0.4, 10, 20, 30)
    assert together([a, b]) == OperatingPoint(None, 11, 22, 33)
    assert together([a, a]).confidence == 0.3


@pytest.mark.parametrize("seed", range(3))
def test_another_false_detection_never_raises_precision_nor_lowers_recall(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = vehicles([box(column) for column in range(8)])
    seen = Detections.of([box(column) for column in range(6)], rng.uniform(0.3, 1, 6))
    before = at_confidence([match(seen, truth)], 0.25)
    more = Detections.of(np.vstack([seen.boxes, [box(0, 3)]]), np.append(seen.scores, 0.26))
    after = at_confidence([match(more, truth)], 0.25)
    assert after.precision < before.precision
    assert after.recall == before.recall

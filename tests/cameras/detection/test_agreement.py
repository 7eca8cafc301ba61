"""How far two detectors agree, without truth."""

import pytest

from lotwise.cameras.detection.agreement import agreement
from lotwise.datasets.frame import Detections

A, B, NEAR_A, C = [0, 0, 10, 10], [20, 0, 30, 10], [1, 0, 11, 10], [50, 0, 60, 10]


def boxes(*found: list[int]) -> Detections:
    return Detections.of(found, [0.9] * len(found))


@pytest.mark.parametrize(
    ("pairs", "value"),
    [
        ([], 1.0),
        ([(boxes(), boxes())], 1.0),  # both see nothing
        ([(boxes(A, B), boxes(B, A))], 1.0),  # in any order
        ([(boxes(A), boxes(NEAR_A))], 1.0),
        ([(boxes(A, B), boxes(A))], 2 / 3),
        ([(boxes(A), boxes(A, NEAR_A))], 2 / 3),  # each box is used once
        ([(boxes(A), boxes(C))], 0.0),
        ([(boxes(A), boxes(A)), (boxes(B), boxes())], 2 / 3),  # over all frames
    ],
)
def test_f1_of_one_against_the_other(pairs, value: float) -> None:
    assert agreement(pairs) == pytest.approx(value)
    assert agreement([(b, a) for a, b in pairs]) == pytest.approx(value)

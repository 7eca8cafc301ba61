"""A student's threshold is raised until it draws hardly more than the nano where the teacher has nothing."""

import numpy as np
import pytest

from lotwise.students.pipeline.expected_f1 import Judged
from lotwise.students.pipeline.inventions import raised_until_told


def judged(invented: list[float], told: int = 20) -> Judged:
    """Boxes of vehicles at 0.9, and some at these scores where the teacher has nothing."""
    scores = np.array([0.9] * told + invented)
    probability = np.array([1.0] * told + [0.0] * len(invented))
    return Judged(scores, probability, probability == 0, float(told), 2)


@pytest.mark.parametrize(
    ("invented", "of_nano", "raised"),
    [
        ([], 0, 0.2),
        ([0.3], 0, 0.2),  # one is no matter
        ([0.3, 0.4, 0.5], 0, 0.41),
        ([0.3, 0.4, 0.5], 2, 0.2),  # the nano has as many
        ([0.1] * 9, 0, 0.2),
        ([0.8] * 9, 0, 0.2),  # from no score up is it better: it is for the gate to refuse
    ],
)
def test_from_which_score(invented: list[float], of_nano: int, raised: float) -> None:
    assert raised_until_told(judged(invented), 0.2, of_nano) == pytest.approx(raised)

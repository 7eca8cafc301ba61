"""Thresholds of the consensus are refused where they contradict each other, and are those that students learn with."""

import pytest

from lotwise.students.distillation.settings import DistillSettings
from lotwise.teacher.consensus import ConsensusSettings


@pytest.mark.parametrize(("ignore", "positive"), [(0.0, 0.1), (0.2, 0.1), (0.03, 1.0)])
def test_thresholds_out_of_order_are_refused(ignore: float, positive: float) -> None:
    with pytest.raises(ValueError, match=f"ignore_threshold {ignore}, positive_threshold {positive}: expected 0 <"):
        ConsensusSettings(ignore_threshold=ignore, positive_threshold=positive)


def test_students_learn_with_the_same_thresholds() -> None:
    consensus, distill = ConsensusSettings(), DistillSettings()
    assert consensus.positive_threshold == distill.positive_threshold
    assert consensus.ignore_threshold == distill.ignore_threshold

"""Which anchors learn which box, and that padding teaches nothing."""

import pytest
import torch

from lotwise.datasets.frame import Detections
from lotwise.students.losses.assignment import assign
from lotwise.students.losses.targets import SampleTargets, make_targets
from tests.students.losses.outputs import CAR, NOTHING, STRIDE, centres, inside, output, taught, untrained


def test_anchors_that_learn_a_box_lie_in_it_and_their_targets_stay_below_its_score() -> None:
    learned = assign(untrained(), taught((CAR, 0.6)))
    assert 0 < int(learned.foreground.sum()) <= 10
    assert not (learned.foreground[0] & ~inside(CAR)).any()
    assert learned.scores.max() <= 0.6 + 1e-6
    assert (learned.scores[~learned.foreground] == 0).all()
    assert (learned.boxes[learned.foreground] == torch.tensor(CAR)).all()


def test_the_taught_score_is_alignment_times_the_teachers_score() -> None:
    sure, unsure = (assign(untrained(), taught((CAR, score))).scores for score in (0.9, 0.45))
    torch.testing.assert_close(sure, 2 * unsure)


def test_a_perfect_student_is_taught_exactly_the_teachers_score() -> None:
    """Alignment is normalised by the best IoU; where the box is exact, the best anchor's target is the score."""
    points = centres() / STRIDE
    distances = torch.cat([points - torch.tensor(CAR[:2]) / STRIDE, torch.tensor(CAR[2:]) / STRIDE - points], 1)
    exact = output(torch.zeros(1, 64), distances[None].clamp_min(0))
    assert float(assign(exact, taught((CAR, 0.7))).scores.max()) == pytest.approx(0.7, abs=1e-3)


def test_padding_teaches_nothing() -> None:
    """A frame says the same alone and beside a fuller one."""
    few = SampleTargets(Detections.of([CAR], [0.9]), (), NOTHING)
    many = SampleTargets(Detections.of([CAR, [40, 40, 60, 60], [0, 40, 20, 60]], [0.9, 0.8, 0.15]), (), NOTHING)
    pair = untrained(2)
    alone = output(pair.logits[:1].detach(), pair.distributions[:1].detach())
    together = assign(pair, make_targets([few, many], 0.25, 0.1, 1.0))
    single = assign(alone, make_targets([few], 0.25, 0.1, 1.0))
    assert torch.equal(together.scores[0], single.scores[0])
    assert torch.equal(together.foreground[0], single.foreground[0])
    assert torch.equal(together.counted[0], single.counted[0])

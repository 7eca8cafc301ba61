"""Learning from soft boxes: values by hand, gradients by finite differences, and what must teach nothing."""

from dataclasses import replace

import pytest
import torch

from students.losses.detections import Assignment, assign, box_losses, score_loss
from students.targets import make_targets
from tests.students.losses.outputs import STRIDE, centres, output, taught, untrained

CAR = [8.0, 8.0, 40.0, 32.0]


def inside(box: list[float]) -> torch.Tensor:
    points = centres()
    low, high = torch.tensor(box[:2]), torch.tensor(box[2:])
    return ((points > low) & (points < high)).all(1)


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


def by_hand(logits: list[float], scores: list[float], counted: list[float]) -> float:
    made = untrained()
    made = replace(made, logits=torch.tensor([logits]))
    empty = torch.zeros(1, len(logits), dtype=torch.bool)
    target = Assignment(torch.tensor([scores]), torch.zeros(1, len(logits), 4), empty, torch.tensor([counted]))
    return float(score_loss(made, target))


@pytest.mark.parametrize(
    ("logits", "scores", "counted", "value"),
    [
        ([0.0, 0.0], [0.0, 0.0], [1.0, 1.0], 2 * 0.693147),  # background only: two coin tosses, by at least 1
        ([0.0, 0.0], [1.0, 1.0], [1.0, 1.0], 0.693147),  # by the sum of targets
        ([0.0, 5.0], [0.0, 0.0], [1.0, 0.0], 0.693147),  # a doubtful anchor does not count
        ([2.0, 0.0], [0.5, 0.0], [1.0, 0.0], 1.126928),  # softplus(2) - 2 * 0.5
        ([100.0, -100.0], [1.0, 0.0], [1.0, 1.0], 0.0),  # right and sure
    ],
)
def test_score_loss_by_hand(logits, scores, counted, value: float) -> None:
    assert by_hand(logits, scores, counted) == pytest.approx(value, abs=1e-5)


def test_box_loss_is_nought_for_exact_boxes_and_grows_with_the_error() -> None:
    def looking(off: float):
        box = torch.tensor(CAR) + off
        distances = torch.cat([centres() - box[:2], box[2:] - centres()], 1) / STRIDE
        return output(torch.zeros(1, 64), distances[None].clamp_min(0))

    target = assign(looking(0), taught((CAR, 0.9)))
    # Only anchors that lie in the shifted boxes too: the distances of others cannot say where the box is.
    target = replace(target, foreground=target.foreground & inside([CAR[0] + 6, CAR[1] + 6, *CAR[2:]]))
    losses = [[float(loss) for loss in box_losses(looking(off), target)] for off in (0.0, 2.0, 6.0)]
    assert losses[0] == pytest.approx([0, 0], abs=1e-4)
    assert losses[0][0] < losses[1][0] < losses[2][0]
    assert losses[0][1] < losses[1][1] < losses[2][1]


def total(made, target: Assignment) -> torch.Tensor:
    return score_loss(made, target) + sum(box_losses(made, target))


@pytest.mark.parametrize("bins", [8, 1], ids=["distributions", "distances"])
def test_gradient_is_that_of_finite_differences(bins: int) -> None:
    """In double precision, along random directions; the assignment itself is a constant of the loss."""
    made = untrained(seed=3, bins=bins, dtype=torch.float64)
    target = assign(untrained(seed=3, bins=bins), taught((CAR, 0.8), ([30, 30, 60, 62], 0.5)))
    target = Assignment(
        target.scores.double(), target.boxes.double(), target.foreground, target.counted.double()
    )  # fmt: skip
    loss = total(made, target)
    slopes = torch.autograd.grad(loss, [made.logits, made.distributions])
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        ways = [torch.randn(slope.shape, generator=generator, dtype=torch.float64) for slope in slopes]
        step = 1e-6
        there, back = (
            total(
                output(
                    made.logits.detach() + sign * step * ways[0], made.distributions.detach() + sign * step * ways[1]
                ),
                target,
            )
            for sign in (1, -1)
        )
        expected = float(sum((slope * way).sum() for slope, way in zip(slopes, ways, strict=True)))
        # CIoU's weight alpha is a constant to its gradient (as in the paper), so the two differ a little.
        assert float((there - back) / (2 * step)) == pytest.approx(expected, rel=0.02, abs=1e-3)


def test_doubtful_boxes_teach_nothing_inside() -> None:
    made = untrained()
    score_loss(made, assign(made, taught((CAR, 0.15)))).backward()
    gradient = made.logits.grad[0]
    assert (gradient[inside(CAR)] == 0).all()
    assert (gradient[~inside(CAR)] > 0).all()


def test_ignored_regions_teach_nothing_inside_but_a_car_in_them_is_taught() -> None:
    made = untrained()
    target = assign(made, taught((CAR, 0.9), ignore=[[0, 0, 64, 64]]))
    score_loss(made, target).backward()
    assert torch.equal(made.logits.grad[0] != 0, target.foreground[0])


def test_padding_teaches_nothing() -> None:
    """A frame says the same alone and beside a fuller one."""
    from datasets.frame import Detections
    from students.targets import Lesson
    from tests.students.losses.outputs import NOTHING

    few = Lesson(Detections.of([CAR], [0.9]), (), NOTHING)
    many = Lesson(Detections.of([CAR, [40, 40, 60, 60], [0, 40, 20, 60]], [0.9, 0.8, 0.15]), (), NOTHING)
    pair = untrained(2)
    alone = output(pair.logits[:1].detach(), pair.distributions[:1].detach())
    together = assign(pair, make_targets([few, many], 0.25, 0.1, 1.0))
    single = assign(alone, make_targets([few], 0.25, 0.1, 1.0))
    assert torch.equal(together.scores[0], single.scores[0])
    assert torch.equal(together.foreground[0], single.foreground[0])
    assert torch.equal(together.counted[0], single.counted[0])


@pytest.mark.parametrize("bins", [8, 1])
def test_an_empty_lot_is_all_background_without_trouble(bins: int) -> None:
    made = untrained(bins=bins)
    target = assign(made, taught())
    terms = [score_loss(made, target), *box_losses(made, target)]
    sum(terms).backward()
    assert [float(term.detach()) for term in terms[1:]] == [0, 0]
    assert float(terms[0].detach()) > 0
    assert (made.logits.grad > 0).all()
    assert (made.distributions.grad == 0).all()


@pytest.mark.parametrize("box", [[10.0, 10.0, 10.0, 10.0], [0.0, 0.0, 64.0, 64.0], [63.9, 0.0, 64.0, 64.0]])
def test_degenerate_boxes_give_finite_losses(box: list[float]) -> None:
    made = untrained()
    target = assign(made, taught((box, 0.9)))
    loss = total(made, target)
    loss.backward()
    assert torch.isfinite(loss)
    assert torch.isfinite(made.logits.grad).all()

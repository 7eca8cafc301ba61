"""Where vehicles stand is learned from boxes that recur, and drawn without two at one place."""

import numpy as np
import pytest

from lotwise.datasets.boxes import iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections
from lotwise.students.synthesis.layout import draw_boxes, learn_layout

SIZE = (400, 200)
PLACES = np.array([[20 + 60 * column, 30 + 80 * row, 65 + 60 * column, 70 + 80 * row]
                   for row in range(2) for column in range(6)], np.float32)  # fmt: skip


def frames(count: int, share: float, seed: int = 0) -> list[Detections]:
    """Each place taken by chance, the first always, with a pixel of noise."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        taken = rng.random(len(PLACES)) < share
        taken[0] = True
        boxes = PLACES[taken] + rng.normal(0, 1, (taken.sum(), 4))
        found.append(Detections.of(boxes, np.full(len(boxes), 0.8)))
    return found


def test_places_are_found_with_how_often_they_are_taken() -> None:
    layout = learn_layout(frames(40, 0.5), SIZE, 0.3, 2)
    scale = np.array([*SIZE, *SIZE], np.float32)
    overlap = iou(PLACES, layout.boxes * scale)
    assert len(layout) == len(PLACES)
    assert overlap.max(1).min() > 0.9
    assert layout.shares[overlap[0].argmax()] == 1
    assert layout.shares.mean() == pytest.approx(0.54, abs=0.1)
    assert layout.mean == pytest.approx(6.5, abs=1)


def test_what_stood_there_once_is_not_told() -> None:
    said = frames(10, 0.5)
    once = Detections.of(np.concatenate([said[3].boxes, [[300, 5, 340, 28]]]), np.full(len(said[3]) + 1, 0.8))
    layout = learn_layout([*said[:3], once, *said[4:]], SIZE, 0.3, 2)
    assert (
        iou(np.array([[300, 5, 340, 28]], np.float32), layout.boxes * np.array([*SIZE, *SIZE], np.float32)).max() < 0.2
    )


def test_drawn_pictures_are_as_full_as_frames_and_no_place_is_taken_twice() -> None:
    layout = learn_layout(frames(40, 0.5), SIZE, 0.3, 2)
    rng = np.random.default_rng(0)
    drawn = [draw_boxes(layout, rng) for _ in range(200)]
    assert np.mean([len(boxes) for boxes, _ in drawn]) == pytest.approx(layout.mean, abs=0.5)
    for boxes, scores in drawn:
        assert len(boxes) == len(scores) > 0
        assert ((boxes >= 0) & (boxes <= 1)).all()
        assert (iou(boxes, boxes) - np.eye(len(boxes))).max() < 0.55
    taken = np.mean([iou(boxes, layout.boxes).max(0) > 0.5 for boxes, _ in drawn], axis=0)
    assert np.corrcoef(taken, layout.shares)[0, 1] > 0.5


def test_the_same_seed_draws_the_same() -> None:
    layout = learn_layout(frames(40, 0.5), SIZE, 0.3, 2)
    one, two = (draw_boxes(layout, np.random.default_rng(5))[0] for _ in range(2))
    assert np.array_equal(one, two)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ([Detections.empty()], "0 vehicles on 1 frames are too few"),
        ([frames(1, 1.0)[0]], "no vehicle was seen at one place on 2 of 1 frames"),
    ],
    ids=["no vehicles", "one frame"],
)
def test_too_little_is_refused(said: list[Detections], why: str) -> None:
    with pytest.raises(InputError, match=why):
        learn_layout(said, SIZE, 0.3, 2)

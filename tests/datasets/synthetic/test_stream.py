"""The endless stream of random lots."""

import numpy as np

from lotwise.datasets.synthetic import random_lot_frames, site, stream
from lotwise.datasets.synthetic.lot import random_lot
from lotwise.datasets.synthetic.site import site_lot


def test_same_seed_same_frames_and_other_seed_other_frames() -> None:
    first, again, other = (
        list(random_lot_frames(seed, 2, width=160, height=120, frames_per_lot=2)) for seed in (1, 1, 2)
    )
    for (image, truth), (image_again, truth_again) in zip(first, again, strict=True):
        np.testing.assert_array_equal(image, image_again)
        assert truth.vehicles is not None and truth_again.vehicles is not None
        np.testing.assert_array_equal(truth.vehicles.boxes, truth_again.vehicles.boxes)
        assert truth.slots == truth_again.slots
    assert not np.array_equal(first[0][0], other[0][0])


def test_frames_have_the_asked_size_number_and_boxes_inside() -> None:
    frames = list(random_lot_frames(3, 5, width=200, height=150, frames_per_lot=2))
    assert len(frames) == 5
    total = 0
    for image, truth in frames:
        assert image.shape == (150, 200, 3) and image.dtype == np.uint8
        assert truth.vehicles is not None and truth.slots is not None
        boxes = truth.vehicles.boxes
        assert boxes.shape == (len(truth.vehicles.ignore), 4)
        assert (boxes >= 0).all() and (boxes <= [200, 150, 200, 150]).all()
        assert (boxes[:, 2:] > boxes[:, :2]).all()
        total += len(boxes)
    assert total > 20


def test_a_frame_does_not_depend_on_how_many_follow() -> None:
    (short,) = random_lot_frames(7, 1, width=160, height=120)
    long = next(iter(random_lot_frames(7, 9, width=160, height=120)))
    np.testing.assert_array_equal(short[0], long[0])


def test_training_lots_never_equal_the_demo_lot() -> None:
    assert site.STREAM != stream.STREAM
    for seed in range(3):
        demo = site_lot(seed)
        train = random_lot(np.random.default_rng(np.random.SeedSequence([stream.STREAM, seed, 0])))
        assert demo.seed != train.seed and demo.length != train.length

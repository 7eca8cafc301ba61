"""Augmentation: boxes stay on their object, light and weather are the same for the same seed."""

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.students.distillation.augment import light_and_weather, shift_and_scale


def with_car(box: tuple[int, int, int, int]) -> np.ndarray:
    image = np.full((120, 160, 3), 60, np.uint8)
    image[box[1] : box[3], box[0] : box[2]] = 255
    return image


@pytest.mark.parametrize("size", [(160, 120), (128, 96), (320, 256)], ids=["same", "smaller", "larger"])
@pytest.mark.parametrize("box", [(60, 40, 100, 70), (0, 0, 30, 20), (120, 90, 160, 120)], ids=["mid", "corner", "far"])
def test_box_stays_on_its_car_wherever_the_picture_is_moved(box, size) -> None:
    image, seen = with_car(box), 0
    for seed in range(60):
        moved = shift_and_scale(image, Detections.of([box], [0.7]), np.random.default_rng(seed), size)
        assert moved.image.shape == (size[1], size[0], 3)
        white = moved.image[..., 0] > 185  # half of a pixel is car: a border of grey 114 is not
        if not len(moved.detections):
            assert white.mean() < 0.05
            continue
        seen += 1
        y, x = np.nonzero(white)
        around = [x.min(), y.min(), x.max() + 1, y.max() + 1]
        assert np.abs(moved.detections.boxes[0] - around).max() <= 0.75
        assert moved.detections.scores.tolist() == pytest.approx([0.7])
    assert seen > 15


def test_moves_vary_and_both_hands_occur() -> None:
    image = with_car((20, 40, 60, 70))
    moves = [
        shift_and_scale(image, Detections.of([[20, 40, 60, 70]], [1]), np.random.default_rng(seed), (160, 120))
        for seed in range(30)
    ]
    centres = [move.detections.boxes[0, ::2].mean() for move in moves if len(move.detections)]
    assert min(centres) < 60 < 100 < max(centres)


def test_boxes_mostly_outside_are_not_taught_and_none_leaves_the_picture() -> None:
    rng = np.random.default_rng(0)
    corner = rng.uniform(-30, 150, (200, 2))
    detections = Detections.of(np.concatenate([corner, corner + 25], axis=1), np.ones(200))
    for seed in range(10):
        moved = shift_and_scale(with_car((0, 0, 1, 1)), detections, np.random.default_rng(seed), (160, 120))
        assert moved.detections.boxes.min() >= 0
        assert (moved.detections.boxes <= [160, 120, 160, 120]).all()
        assert len(moved.detections) < 200


def test_no_boxes_no_trouble() -> None:
    moved = shift_and_scale(with_car((0, 0, 9, 9)), Detections.empty(), np.random.default_rng(0), (64, 64))
    assert len(moved.detections) == 0


def varied(seed: int) -> list[np.ndarray]:
    look = light_and_weather(0)
    look.set_random_seed(seed)
    return [look(image=with_car((60, 40, 100, 70)))["image"] for _ in range(5)]


def test_light_and_weather_is_that_of_its_seed() -> None:
    assert all(np.array_equal(a, b) for a, b in zip(varied(3), varied(3), strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(varied(3), varied(4), strict=True))


def test_light_and_weather_changes_pixels_and_never_places() -> None:
    rng = np.random.default_rng(0)
    image = np.clip(rng.normal(120, 30, (64, 96, 3)), 0, 255).astype(np.uint8)
    image[20:44, 30:70] = np.clip(image[20:44, 30:70].astype(int) + 90, 0, 255)
    changed = 0
    for seed in range(40):
        look = light_and_weather(seed)
        found = look(image=image)["image"]
        assert (found.shape, found.dtype) == (image.shape, np.uint8)
        changed += not np.array_equal(found, image)
        car, ground = found[24:40, 34:66].mean(), np.concatenate([found[:16].ravel(), found[48:].ravel()]).mean()
        assert car > ground
    assert changed > 25

"""The same car looks alike in any light; another one, or none, does not."""

import numpy as np
import pytest

from lotwise.teacher.consensus.patch_similarity import patch_similarity
from tests.teacher.consensus.scenes import CLOUD, DUSK, RED, SILVER, SLOTS, SUN, WHITE, box_at, scene

HERE = SLOTS[1]
BOX = np.array([box_at(HERE)], np.float32)
CAR = {HERE: (1, WHITE)}


@pytest.mark.parametrize(("a", "b"), [(SUN, SUN), (SUN, CLOUD), (CLOUD, DUSK), (SUN, DUSK)])
def test_the_same_car_in_another_light(a, b) -> None:
    assert patch_similarity([scene(CAR, a, 0), scene(CAR, b, 1)], BOX, 1)[0, 0, 2] > 0.5


@pytest.mark.parametrize("instead", [{}, {HERE: (5, WHITE)}, {HERE: (6, SILVER)}, {HERE: (2, RED)}])
@pytest.mark.parametrize("light", [SUN, CLOUD, DUSK])
def test_another_car_or_none(instead, light) -> None:
    assert patch_similarity([scene(CAR, SUN, 0), scene(instead, light, 1)], BOX, 1)[0, 0, 2] < 0.5


def test_likeness_is_mutual_and_within_reach() -> None:
    images = [scene(CAR, CLOUD, number) for number in range(4)]
    alike = patch_similarity(images, BOX, 2)
    assert alike.shape == (1, 4, 5)
    assert alike[0, 0].tolist()[:2] == [-1, -1] and alike[0, 3].tolist()[3:] == [-1, -1]
    assert (alike[0, :, 2] == 1).all()
    for frame in range(3):
        assert alike[0, frame, 3] == alike[0, frame + 1, 1] > 0.6


@pytest.mark.parametrize(
    "box",
    [[10, 10, 14, 60], [400, 10, 460, 60], [60, 60, 40, 40]],
    ids=["too narrow", "outside of the frame", "turned inside out"],
)
def test_nothing_to_compare_is_like_nothing(box) -> None:
    images = [scene(CAR, CLOUD, number) for number in range(2)]
    assert patch_similarity(images, np.array([box], np.float32), 1)[0, 0, 2] < 0.1


def test_black_frames_are_like_nothing() -> None:
    black = np.zeros((120, 320, 3), np.uint8)
    assert patch_similarity([black, black, scene(CAR)], BOX, 2)[0, 0, 3:].max() < 0.1


def test_only_what_is_wanted_is_looked_at() -> None:
    images = [scene(CAR, CLOUD, number) for number in range(3)]
    alike = patch_similarity(images, np.repeat(BOX, 2, axis=0), 1, np.array([[True, True, False], [False, True, True]]))
    assert alike[0, 0, 2] > 0.6 and alike[0, 1, 2] == -1
    assert alike[1, 0, 2] == -1 and alike[1, 1, 2] > 0.6

"""Light and occupancy are told apart, and pictures that teach nothing are named."""

import numpy as np
import pytest

from lotwise.cameras.frame_selection.appearance import describe, flaw
from lotwise.datasets.privacy_masks import painted
from tests.cameras.frame_selection.lots import lot


def changes(one, other) -> tuple[float, float]:
    """By how much occupancy and light differ."""
    first, second = describe(one), describe(other)
    unlike = max(1 - float(first.occupancy @ second.occupancy), 0)
    return float(np.sqrt(unlike)), float(np.linalg.norm(first.light - second.light))


FULL = tuple(range(24))


@pytest.mark.parametrize(
    ("one", "other", "larger"),
    [
        (lot(), lot(gain=0.4), "light"),  # dusk
        (lot(), lot(warmth=1.5), "light"),  # low sun
        (lot(), lot(shadow=300), "light"),  # a building's shadow
        (lot(FULL), lot(FULL, gain=1.6), "light"),
        (lot(), lot((3, 4, 12)), "occupancy"),
        (lot(), lot(FULL), "occupancy"),  # a full lot is darker, too
        (lot(FULL, gain=0.6), lot(FULL[::2], gain=0.6), "occupancy"),
    ],
)
def test_light_and_occupancy_are_told_apart(one, other, larger: str) -> None:
    occupancy, light = changes(one, other)
    assert (occupancy > light) == (larger == "occupancy")
    assert max(occupancy, light) > 0.2


def test_noise_is_next_to_nothing_and_more_cars_are_more() -> None:
    same, one, many = (changes(lot(), lot(cars, seed=1))[0] for cars in ((), (5,), FULL))
    assert same < 0.1 < one < many


def test_a_small_picture_and_a_large_one_of_the_same_look_the_same() -> None:
    large = lot((1, 2, 3))
    assert max(changes(large, large[::4, ::4])) < 0.4


@pytest.mark.parametrize(
    ("picture", "least", "most"),
    [
        (lot(FULL), 0.9, 1),
        (lot(gain=4), 0, 0.1),  # blown out
        (lot(gain=0.1), 0, 0.1),  # night
        (lot(FULL, gain=2), 0.3, 0.9),
    ],
)
def test_exposure(picture, least: float, most: float) -> None:
    assert least <= describe(picture).exposure <= most


def cut(height: int, level: int):
    picture = lot()
    picture[-height:] = level
    return picture


@pytest.mark.parametrize(
    ("picture", "why"),
    [
        (np.zeros((480, 640, 3), np.uint8), "black"),
        (lot(gain=0.02), "black"),
        (np.full((480, 640, 3), 128, np.uint8), "of one flat colour"),
        (np.full((480, 640, 3), 255, np.uint8), "of one flat colour"),
        (cut(120, 128), "cut short"),
        (cut(120, 0), None),  # a dark foreground
        (cut(10, 128), None),  # a line of text
        (lot(), None),
        (lot(gain=0.3), None),
    ],
)
def test_flaws(picture, why: str | None) -> None:
    said = flaw(picture)
    assert said is None if why is None else said is not None and said.startswith(why)


def test_what_privacy_masks_leave_is_judged() -> None:
    masks = (((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5)),)
    for level, why in ((0, "black"), (200, "of one flat colour")):
        picture = painted(np.full((480, 640, 3), level, np.uint8), masks)
        assert flaw(picture, masks=masks) == why
        assert flaw(picture) != why
    night = painted(np.zeros((480, 640, 3), np.uint8), masks)
    assert describe(night, masks).exposure == 0
    lowest = (((0.0, 0.8), (1.0, 0.8), (1.0, 1.0), (0.0, 1.0)),)
    masked = painted(lot(range(24)), lowest)
    assert flaw(masked) is not None
    assert flaw(masked, masks=lowest) is None
    masked[masked.shape[0] // 2 :] = 114
    assert flaw(masked, masks=lowest) == "cut short: its lower rows are of one flat colour"

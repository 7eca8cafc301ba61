"""Patches lie where the slots lie, also after the view has moved, and only where they are in the frame."""

import numpy as np

from lotwise.cameras.trust.patches.cut import SIDE, slot_patches
from lotwise.datasets.frame import Slot


def slot(name: str, left: float) -> Slot:
    corners = [[left, 0.2], [left + 0.2, 0.2], [left + 0.2, 0.6], [left, 0.6]]
    return Slot(name, np.array(corners, np.float32))


def test_a_patch_shows_its_slot_and_a_little_around_it() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[20:60, 20:40] = 200
    names, patches = slot_patches(image, [slot("a", 0.2), slot("b", 0.6)])
    assert names == ("a", "b") and patches.shape == (2, SIDE, SIDE) and patches.dtype == np.uint8
    assert patches[0, SIDE // 2, SIDE // 2] == 200 and patches[0, 0, 0] == 0
    assert not patches[1].any()


def test_slots_move_with_the_view() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[20:60, 30:50] = 200
    still, moved = (slot_patches(image, [slot("a", 0.2)], (shift, 0.0))[1][0] for shift in (0.0, 0.1))
    assert moved.mean() > still.mean()


def test_a_slot_out_of_the_frame_is_left_out() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    names, patches = slot_patches(image, [slot("gone", 1.1), slot("edge", 0.9), slot("sliver", 0.99)])
    assert names == ("edge",) and len(patches) == 1
    names, patches = slot_patches(image, [])
    assert names == () and patches.shape == (0, SIDE, SIDE)

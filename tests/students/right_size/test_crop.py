"""The part of a view that is worth looking at holds every slot and every car that was seen."""

import numpy as np

from lotwise.datasets.frame import Slot
from lotwise.students.right_size.crop import crop_of
from lotwise.students.right_size.rung import input_of, rungs_of_sizes


def test_slots_and_cars_are_inside_with_a_margin() -> None:
    slot = Slot("1", np.float32([[0.3, 0.4], [0.4, 0.4], [0.4, 0.5], [0.3, 0.5]]))
    crop = crop_of(np.float32([[500, 300, 600, 375]]), (slot,), (1000, 750))
    assert crop is not None
    assert np.allclose(crop, [0.25, 0.4 - 50 / 750, 0.65, 0.5 + 50 / 750], atol=1e-3)


def test_where_cars_are_everywhere_or_nothing_is_known_there_is_no_crop() -> None:
    assert crop_of(np.float32([[0, 0, 50, 50], [950, 700, 1000, 750]]), (), (1000, 750)) is None
    assert crop_of(np.zeros((0, 4), np.float32), (), (1000, 750)) is None


def test_a_crop_has_the_scale_of_the_whole_frame_and_fewer_pixels() -> None:
    crop = (0.25, 0.4, 0.65, 0.6)
    whole, part = rungs_of_sizes((1000, 750), 640, (416,)), rungs_of_sizes((1000, 750), 640, (416,), crop)
    assert [rung.size for rung in part] == [640, 416] and [rung.size for rung in whole] == [416]
    assert part[1].pixels < whole[0].pixels / 3
    width, height = input_of((1000, 750), 416, crop)
    assert width >= 400 * 0.416 and height >= 150 * 0.416 and width % 32 == height % 32 == 0


def test_two_sizes_of_one_input_are_one_rung() -> None:
    rungs = rungs_of_sizes((1000, 750), 640, (128, 96), (0.0, 0.0, 0.1, 0.1))
    assert len({rung.input for rung in rungs}) == len(rungs)

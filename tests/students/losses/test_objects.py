"""Every vehicle becomes one vector, from the cells inside it on the level that fits its size."""

import pytest
import torch

from lotwise.students.losses.objects import taught_objects
from lotwise.students.model.student import StudentOutput
from tests.students.losses.latents import maps, said, stored, targets


def vectors(boxes, cells=None) -> list:
    return taught_objects(said(maps(3)), targets((stored(maps(5, seed=1)[0], cells),), boxes=[boxes]))


def test_vector_is_the_mean_over_the_cells_whose_middles_it_covers() -> None:
    (found,) = vectors([[8, 8, 24, 16]])
    torch.testing.assert_close(found.student[0], maps(3)[0][:, 1, 1:3].mean(1))
    torch.testing.assert_close(found.teacher[0], maps(5, seed=1)[0][:, 1, 1:3].mean(1))


def test_cells_that_were_not_stored_do_not_count() -> None:
    (found,) = vectors([[8, 8, 24, 16]], cells=[9, 63])
    torch.testing.assert_close(found.teacher[0], maps(5, seed=1)[0][:, 1, 1])


@pytest.mark.parametrize(
    ("box", "cell"),
    [
        ([9, 9, 11, 11], 9),  # smaller than a cell, inside of a stored one
        ([18, 10, 20, 12], 9),  # in the cell beside it
        ([24, 8, 32, 16], None),  # two cells on: nothing that stands for it
    ],
)
def test_a_box_that_covers_no_stored_cell_takes_the_nearest_if_that_is_near(box, cell) -> None:
    found = vectors([box], cells=[9, 63])
    if cell is None:
        assert found == []
    else:
        torch.testing.assert_close(found[0].teacher[0], maps(5, seed=1)[0].flatten(1)[:, cell])


def test_each_vehicle_knows_its_frame_and_padding_is_none() -> None:
    latents = (stored(maps(5)[0]), None, stored(maps(5, seed=1)[0]))
    boxes = [[[0, 0, 16, 16], [32, 32, 48, 48]], [[0, 0, 16, 16]], [[8, 8, 24, 24]]]
    (found,) = taught_objects(said(maps(3, batch=3)), targets(latents, boxes=boxes))
    assert found.samples.tolist() == [0, 0, 2]
    assert found.boxes[:, 0].tolist() == [0, 32, 8]


@pytest.mark.parametrize(("side", "level"), [(10, 0), (64, 0), (70, 1), (128, 1), (500, 1)])
def test_large_boxes_are_looked_at_on_coarser_levels(side: float, level: int) -> None:
    fine, coarse = torch.randn(1, 3, 16, 16), torch.randn(1, 4, 8, 8)
    strides = torch.tensor([8.0] * 256 + [16.0] * 64)[:, None]
    nothing = torch.zeros(1, 320)
    made = StudentOutput(nothing, nothing, nothing, nothing, strides, (fine, coarse))
    told = targets((stored(fine[0]),), (stored(coarse[0]),), boxes=[[[1, 1, 1 + side, 1 + side]]])
    (found,) = taught_objects(made, told)
    assert found.level == level
    assert found.student.shape == (1, 3 + level)

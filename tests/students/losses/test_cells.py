"""Stored cells stand beside what the student has at the same place."""

import numpy as np
import pytest
import torch

from lotwise.students.losses.cells import of_levels, standardised, stored_cells, widths
from lotwise.teacher.knowledge import Latent
from tests.students.losses.latents import maps, stored, student_of


def test_cells_are_row_major_and_samples_without_latents_are_left_out() -> None:
    mine, told = maps(3, batch=2), maps(5, seed=1)
    found = stored_cells([mine], [(None, stored(told[0], [1, 8, 63]))])
    assert [(cells.level, cells.sample) for cells in found] == [(0, 1)]
    torch.testing.assert_close(found[0].student, torch.stack([mine[1, :, 0, 1], mine[1, :, 1, 0], mine[1, :, 7, 7]]))
    torch.testing.assert_close(found[0].teacher, torch.stack([told[0, :, 0, 1], told[0, :, 1, 0], told[0, :, 7, 7]]))


def test_levels_gather_the_cells_of_all_samples() -> None:
    fine, coarse = maps(3, batch=2), maps(4, batch=2)
    latents = [(stored(maps(5)[0], [0, 1]), stored(maps(5)[0], [2])), (None, stored(maps(6)[0], [3]))]
    shapes = [
        (level, *mine.shape, *told.shape) for level, mine, told in of_levels(stored_cells([fine, coarse], latents))
    ]
    assert shapes == [(0, 3, 3, 3, 5), (1, 1, 4, 1, 6)]


def test_a_map_of_another_grid_is_an_error() -> None:
    wrong = Latent((4, 6), np.array([0], np.int32), np.ones((1, 3), np.float16))
    with pytest.raises(ValueError, match="does not fit"):
        stored_cells([maps(3)], [(wrong,)])


def test_levels_of_student_and_teacher_must_be_as_many() -> None:
    assert widths(student_of(8, 16), [32, 64]) == [(8, 32), (16, 64)]
    assert widths(student_of(8, 16), []) == []
    with pytest.raises(ValueError, match="zip"):
        widths(student_of(8, 16), [32])


def test_standardised_channels_have_mean_0_and_variance_1_and_constant_ones_are_0() -> None:
    vectors = torch.cat([maps(3)[0].flatten(1).T * 7 + 2, torch.full((64, 1), 5.0)], 1)
    made = standardised(vectors)
    torch.testing.assert_close(made.mean(0), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(made.square().mean(0), torch.tensor([1.0, 1, 1, 0]), atol=1e-4, rtol=0)

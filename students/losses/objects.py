"""One vector for each vehicle, of the student and of the teacher."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from lotwise.students.losses.cells import stored_cells
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput

MAX_BOX_CELLS = 8
"""Cells along the side of a box beyond which it is looked at on a coarser level, as a head assigns it there."""
MAX_CELL_DISTANCE = 1.0
"""Cells between the middle of a box and a stored cell that may still stand for it: the next neighbour."""


@dataclass(frozen=True)
class Objects:
    """The taught boxes of a batch that fit one level.

    Attributes:
        level: 0 is the finest.
        samples: (N,) place in the batch of the frame of each.
        boxes: (N, 4) xyxy in input pixels.
        student: (N, C_student), with gradient.
        teacher: (N, C_teacher).
    """

    level: int
    samples: torch.Tensor
    boxes: torch.Tensor
    student: torch.Tensor
    teacher: torch.Tensor


def taught_objects(output: StudentOutput, targets: Targets) -> list[Objects]:
    """The taught boxes as vectors, level by level; levels without any are left out.

    A box belongs to the finest level on which its side, the root of its area, spans at most 8 cells, else to the
    coarsest. Its vector is the mean over the stored cells whose middles it covers; where it covers none, the stored
    cell nearest to its middle, if that is within one cell. A box with neither is left out.
    """
    found: dict[int, list[Objects]] = {}
    strides = torch.unique_consecutive(output.strides)
    for cells in stored_cells(output.latents, targets.latents):
        boxes = targets.boxes[cells.sample][targets.scores[cells.sample] > 0].to(cells.student)
        fitting = boxes[_levels(boxes, strides) == cells.level]
        weights = cell_weights(fitting, cells.places, cells.grid[1], float(strides[cells.level]))
        seen = weights.sum(1) > 0
        if seen.any():
            weights = weights[seen] / weights[seen].sum(1, keepdim=True)
            samples = torch.full((len(weights),), cells.sample, device=weights.device)
            found.setdefault(cells.level, []).append(
                Objects(cells.level, samples, fitting[seen], weights @ cells.student, weights @ cells.teacher)
            )
    return [_together(parts) for _, parts in sorted(found.items())]


def _levels(boxes: torch.Tensor, strides: torch.Tensor) -> torch.Tensor:
    """(N, 4) boxes -> (N,) level that each fits."""
    side = ((boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])).clamp_min(0).sqrt()
    return (side[:, None] > MAX_BOX_CELLS * strides[:-1].to(side)).sum(1)


def cell_weights(boxes: torch.Tensor, places: torch.Tensor, columns: int, stride: float) -> torch.Tensor:
    """(N, K) 1 for each cell that stands for a box, else 0.

    Args:
        boxes: (N, 4) xyxy in input pixels.
        places: (K,) row-major indices of the cells.
        columns: of the whole grid.
        stride: input pixels of a cell.
    """
    middles = (torch.stack([places % columns, places // columns], 1) + 0.5).to(boxes) * stride
    covered = (middles >= boxes[:, None, :2]).all(-1) & (middles <= boxes[:, None, 2:]).all(-1)
    distances = torch.cdist((boxes[:, :2] + boxes[:, 2:]) / 2, middles) / stride
    nearest = torch.nn.functional.one_hot(distances.argmin(1), len(middles)).bool() & (distances <= MAX_CELL_DISTANCE)
    return torch.where(covered.any(1, keepdim=True), covered, nearest).to(boxes)


def _together(parts: list[Objects]) -> Objects:
    return Objects(
        parts[0].level,
        torch.cat([part.samples for part in parts]),
        torch.cat([part.boxes for part in parts]),
        torch.cat([part.student for part in parts]),
        torch.cat([part.teacher for part in parts]),
    )

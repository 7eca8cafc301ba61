"""The cells whose teacher's latents were stored, beside what the student has there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.model.student import StudentOutput, latent_channels
from lotwise.teacher.knowledge import Latent


@dataclass(frozen=True)
class Cells:
    """Stored cells of one sample at one level.

    Attributes:
        level: 0 is the finest.
        sample: place in the batch.
        grid: (rows, columns) of the level.
        places: (K,) row-major indices into the grid.
        student: (K, C_student), with gradient.
        teacher: (K, C_teacher), in the student's precision.
    """

    level: int
    sample: int
    grid: tuple[int, int]
    places: torch.Tensor
    student: torch.Tensor
    teacher: torch.Tensor


def stored_cells(maps: Sequence[torch.Tensor], latents: Sequence[Sequence[Latent | None]]) -> list[Cells]:
    """The student's maps (B, C, h, w), one a level, at the cells of the teacher's latents, one a level and sample.

    Samples without latents are left out.

    Raises:
        ValueError: a map is of another grid than its latent.
    """
    return [
        _cells(level, sample, maps[level][sample], latent)
        for level, samples in enumerate(latents)
        for sample, latent in enumerate(samples)
        if latent is not None and len(latent.cells)
    ]


def of_levels(cells: Sequence[Cells]) -> list[tuple[int, torch.Tensor, torch.Tensor]]:
    """(level, student (K, C_student), teacher (K, C_teacher)) with the cells of all samples of a level together."""
    levels = sorted({found.level for found in cells})
    return [
        (
            level,
            torch.cat([found.student for found in cells if found.level == level]),
            torch.cat([found.teacher for found in cells if found.level == level]),
        )
        for level in levels
    ]


def widths(student: DetectionModel, teacher: Sequence[int]) -> list[tuple[int, int]]:
    """(C_student, C_teacher) of each level, finest first; none where the teacher has no latents.

    Raises:
        ValueError: student and teacher have not the same number of levels.
    """
    return list(zip(latent_channels(student), teacher, strict=True)) if teacher else []


def projectors(student: DetectionModel, teacher: Sequence[int]) -> nn.ModuleList:
    """Per level a 1x1 convolution C_student -> C_teacher, as a linear layer over cells (K, C)."""
    return nn.ModuleList(nn.Linear(mine, told) for mine, told in widths(student, teacher))


def standardised(vectors: torch.Tensor) -> torch.Tensor:
    """(K, C) with mean 0 and variance 1 over the cells, channel by channel; channels without variance become 0."""
    centred = vectors - vectors.mean(0)
    return centred / (centred.square().mean(0) + 1e-6).sqrt()


def mean_of(losses: Sequence[torch.Tensor], output: StudentOutput) -> torch.Tensor:
    """Their mean; of none, 0 with a gradient of 0."""
    return torch.stack(list(losses)).mean() if losses else output.latents[0].sum() * 0


def _cells(level: int, sample: int, mine: torch.Tensor, latent: Latent) -> Cells:
    if mine.shape[1:] != torch.Size(latent.grid):
        raise ValueError(f"student's map {tuple(mine.shape[1:])} does not fit the teacher's {latent.grid}")
    places = torch.from_numpy(latent.cells).long().to(mine.device)
    told = torch.from_numpy(latent.values).to(mine)
    return Cells(level, sample, latent.grid, places, mine.flatten(1)[:, places].T, told)

"""Pearson distillation (PKD): the student's channels are to rise and fall with the teacher's."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.cells import mean_of, of_levels, projectors, standardised, stored_cells
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Pkd(nn.Module):
    """Half the squared distance of standardised maps, which is 1 - r.

        L = mean_l mean_c,k ( z(W s)_ck - z(t)_ck )^2 / 2 = mean_l mean_c (1 - r_c),
        z(x)_ck = (x_ck - mean_k x_ck) / std_k x_ck

    s (K, C_student) and t (K, C) are the neck maps of student and teacher at the K stored cells of all samples of
    level l, W is a 1x1 convolution C_student -> C that is used in training only, and r_c is Pearson's correlation
    over cells of channel c. Standardising has no learned factors, so neither scale nor offset of the maps matters.

    Source: Cao et al., arXiv 2207.02039. There the channels are equal and no W is needed, and levels are summed.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int]) -> None:
        super().__init__()
        self.layers = projectors(student, teacher)

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar in 0..2; 0 where no sample of the batch carries latents."""
        levels = of_levels(stored_cells(output.latents, targets.latents))
        return mean_of(
            [
                (standardised(self.layers[level](mine)) - standardised(told)).square().mean() / 2
                for level, mine, told in levels
            ],
            output,
        )

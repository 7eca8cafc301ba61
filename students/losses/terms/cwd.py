"""Channel-wise distillation (CWD): where in the picture each channel looks."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.cells import mean_of, projectors, standardised, stored_cells
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Cwd(nn.Module):
    """Divergence between the two maps' softmax over positions, channel by channel.

        L = mean_l,b (T^2 / C) sum_c sum_k phi(t_c)_k log( phi(t_c)_k / phi(W s_c)_k ),
        phi(x)_k = exp(x_k / T) / sum_j exp(x_j / T)

    s (K, C_student) and t (K, C) are the neck maps of student and teacher at the K stored cells of a sample b at
    level l, and W a 1x1 convolution C_student -> C that is used in training only. T = 1.

    Source: Shu et al., arXiv 2011.13256. The paper's positions are all of the map; here they are the stored cells,
    those around vehicles. With ``normalise`` both sides are first standardised per channel over these cells, without
    learned factors, as the PKD paper does: raw maps of another network are of another scale, and this is the recipe
    (mmyolo, RTMDet) by which one-stage detectors gained most. Without it the loss is the paper's.
    """

    def __init__(
        self, student: DetectionModel, teacher: Sequence[int], temperature: float = 1.0, normalise: bool = True
    ) -> None:
        super().__init__()
        self.layers = projectors(student, teacher)
        self.temperature = temperature
        self.normalise = normalise

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch carries latents."""
        losses = []
        for cells in stored_cells(output.latents, targets.latents):
            mine, told = (
                (standardised(side) if self.normalise else side).div(self.temperature).log_softmax(0)
                for side in (self.layers[cells.level](cells.student), cells.teacher)
            )
            channels = nn.functional.kl_div(mine, told, reduction="none", log_target=True).sum(0)
            losses.append(self.temperature**2 * channels.mean())
        return mean_of(losses, output)

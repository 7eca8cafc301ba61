"""Locality preserving distillation (LPD): what the teacher finds alike shall be alike to the student."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.objects import taught_objects
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Lpd(nn.Module):
    """Pulls vehicles together that are neighbours to the teacher.

        L = (1 / 2m) sum_i sum_{j in kNN_T(i)} alpha_ij || s_i - s_j ||^2,  alpha_ij = exp(-|| t_i - t_j ||^2 / sigma^2)

    s_i (C_student,) and t_i (C_teacher,) are the vectors of vehicle i (see ``objects.py``), m the number of vehicles
    of the batch, kNN_T(i) the k vehicles of the same level, of any frame of the batch, that are nearest to i by the
    teacher's vectors. k = 5, sigma^2 = 2. There is no projector.

    Source: Chen et al., IEEE TNNLS 2021, arXiv 1812.06597; gamma is the setting's weight. Vectors are of unit length
    here, of both sides: with raw ones of some hundred channels alpha would be 0 for all pairs, and the student would
    lower the loss by shrinking its maps. A known implementation of others takes ``.item()`` of the distances and so
    has no gradient. The term only attracts: alone it makes all vectors equal, so it is of use beside others only; and
    with one class, where all are neighbours, it is weak. The neighbours of a parked car are mostly itself in the
    batch's other frames, which asks for equal vectors in other light.
    """

    def __init__(
        self, student: DetectionModel, teacher: Sequence[int], neighbours: int = 5, sigma: float = 2**0.5
    ) -> None:
        super().__init__()
        self.neighbours = neighbours
        self.sigma = sigma

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no vehicle of the batch has latents."""
        levels = taught_objects(output, targets)
        loss = output.latents[0].sum() * 0
        for found in levels:
            loss = loss + self._pull(found.student, found.teacher)
        return loss / (2 * max(sum(len(found.boxes) for found in levels), 1))

    def _pull(self, student: torch.Tensor, teacher: torch.Tensor) -> torch.Tensor:
        """Sum over the neighbours of all vehicles of a level."""
        mine, told = nn.functional.normalize(student), nn.functional.normalize(teacher)
        apart = (2 - 2 * told @ told.T).clamp_min(0).fill_diagonal_(torch.inf)
        distances, nearest = apart.topk(min(self.neighbours, len(told) - 1), largest=False)
        alpha = (-distances / self.sigma**2).exp()
        return (alpha * (mine[:, None] - mine[nearest]).square().sum(-1)).sum()

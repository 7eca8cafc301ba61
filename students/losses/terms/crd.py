"""Contrastive distillation (CRD) of vehicles: which of many vectors is the teacher's of the same vehicle?"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.cells import widths
from lotwise.students.losses.objects import taught_objects
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Crd(nn.Module):
    """InfoNCE between the student's and the teacher's vector of a vehicle, both ways.

        L = -(1/2N) sum_i [ log p(t_i | s_i) + log p(s_i | t_i) ],
        p(v | u) = exp(u.v / tau) / ( exp(u.v / tau) + sum_{n in negatives(i)} exp(u.v_n / tau) ),
        s_i = unit(A_S x_i), t_i = unit(A_T y_i)

    x_i (C_student,) and y_i (C_teacher,) are the vectors of vehicle i (see ``objects.py``), A_S and A_T learned linear
    maps of its level into ``size`` (128) dimensions, tau = 0.07, N the vehicles of the batch. Negatives are vehicles
    of the batch and of a queue of the last ``queue`` (1024) vehicles of past batches, each as the other side sees it.

    A camera is fixed and parked cars stay: the same place in another frame is mostly the same car, and would be a
    false negative, and so would a past epoch's vector of it in the queue. So a negative is a vehicle at another place
    of the view: one whose box does not overlap that of i, in whichever frame. This excludes neighbours that hide one
    another too, whose vectors share cells. Different cars at one place on different days are excluded as well,
    which costs some negatives of many. (A car that moved within the view is a false negative still.)

    Source: Tian, Krishnan, Isola, arXiv 1910.10699 (ICLR 2020), for objects instead of images, and with in-batch and
    queued InfoNCE instead of its noise contrastive estimate over a memory by sample index, which knows no Z to freeze.
    """

    past: torch.Tensor
    places: torch.Tensor

    def __init__(
        self, student: DetectionModel, teacher: Sequence[int], size: int = 128, tau: float = 0.07, queue: int = 1024
    ) -> None:
        super().__init__()
        pairs = widths(student, teacher)
        self.of_student = nn.ModuleList(nn.Linear(mine, size) for mine, _ in pairs)
        self.of_teacher = nn.ModuleList(nn.Linear(told, size) for _, told in pairs)
        self.tau = tau
        self.register_buffer("past", torch.zeros(2, queue, size))
        self.register_buffer("places", torch.full((queue, 4), torch.nan))

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no vehicle of the batch has latents. In training, its vehicles enter the queue."""
        levels = taught_objects(output, targets)
        if not levels:
            return output.latents[0].sum() * 0
        mine = torch.cat([self.of_student[found.level](found.student) for found in levels])
        told = torch.cat([self.of_teacher[found.level](found.teacher) for found in levels])
        sides = nn.functional.normalize(torch.stack([mine, told]), dim=-1)
        boxes = torch.cat([found.boxes for found in levels])
        places = torch.cat([boxes, self.places.to(boxes)])
        negative = _apart(boxes, places)
        keys = torch.cat([sides, self.past.to(sides)], 1)
        loss = (self._cost(sides[0], keys[1], negative) + self._cost(sides[1], keys[0], negative)) / 2
        if self.training:
            kept = len(self.places)
            self.past = torch.cat([sides.detach().float(), self.past], 1)[:, :kept].clone()
            self.places = torch.cat([boxes.float(), self.places])[:kept].clone()
        return loss

    def _cost(self, queries: torch.Tensor, keys: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
        """Mean of -log p; queries (N, size), keys (N + queue, size) whose i-th is the one sought by query i."""
        sought = torch.eye(*negative.shape, dtype=torch.bool, device=negative.device)
        said = (queries @ keys.T / self.tau).masked_fill(~(negative | sought), -torch.inf)
        return nn.functional.cross_entropy(said, torch.arange(len(queries), device=queries.device))


def _apart(boxes: torch.Tensor, others: torch.Tensor) -> torch.Tensor:
    """(N, M) whether boxes (N, 4) and others (M, 4) do not overlap; false for others of NaN, places not filled yet."""
    before = (boxes[:, None, 2:] <= others[:, :2]).any(-1)
    behind = (boxes[:, None, :2] >= others[:, 2:]).any(-1)
    return before | behind

"""Boxes by their complete IoU with the assigned boxes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.metrics import bbox_iou

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Box(nn.Module):
    """1 - CIoU (arXiv 1911.08287) of foreground anchors, weighted by target score, by the sum of targets.

    L = sum_a t_a (1 - CIoU(b_a, y_a)) / sum_a t_a, with b the student's and y the assigned boxes (B, A, 4), in units
    of the anchor's stride: the box half of YOLOv8's ``BboxLoss``.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int]) -> None:
        super().__init__()

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        chosen = assignment.foreground.nonzero(as_tuple=True)
        strides = output.strides[chosen[1]]
        iou: torch.Tensor = bbox_iou(
            output.boxes[chosen] / strides, assignment.boxes[chosen] / strides, xywh=False, CIoU=True
        )
        return ((1 - iou) * assignment.scores[chosen].unsqueeze(-1)).sum() / assignment.total

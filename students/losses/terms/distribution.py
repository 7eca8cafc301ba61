"""Boxes by their distribution over distance bins, or by their distances where the head has no bins."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.loss import DFLoss
from ultralytics.utils.tal import bbox2dist

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Distribution(nn.Module):
    """Distribution focal loss (arXiv 2006.04388) of foreground anchors, weighted by target score.

    Each edge's distance d, in grid cells from the anchor, lies between two bins; both are taught in proportion:

        L = sum_a t_a mean_ltrb[ (i+1-d) CE(B_a, i) + (d-i) CE(B_a, i+1) ] / sum_a t_a,  i = floor(d)

    with B (B, A, 4, reg_max) the student's logits. Where reg_max is 1 (YOLO26) it is the L1 distance of the edges as
    a share of the input's width or height, as Ultralytics has it there: the other half of YOLOv8's ``BboxLoss``.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int]) -> None:
        super().__init__()

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        chosen = assignment.foreground.nonzero(as_tuple=True)
        points, strides = output.points[chosen[1]], output.strides[chosen[1]]
        said, boxes = output.distributions[chosen], assignment.boxes[chosen] / strides
        bins = output.distributions.shape[-1] // 4
        wrong: torch.Tensor
        if bins > 1:
            wrong = DFLoss(bins)(said.view(-1, bins), bbox2dist(points, boxes, bins - 1))
        else:
            extent = (output.points * output.strides + output.strides / 2).amax(0).repeat(2)
            distances = bbox2dist(points, boxes)
            wrong = F.l1_loss(said * strides / extent, distances * strides / extent, reduction="none")
            wrong = wrong.mean(-1, keepdim=True)
        return (wrong * assignment.scores[chosen].unsqueeze(-1)).sum() / assignment.total

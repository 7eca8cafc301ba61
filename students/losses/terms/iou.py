"""Boxes by their IoU with the teacher's box of the same anchor; works for heads without distributions too."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.metrics import bbox_iou

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Iou(nn.Module):
    """1 - IoU between the student's and the teacher's box of every anchor, weighted by the teacher's score.

        L_iou = (1 / sum_a m_a) sum_a m_a (1 - IoU(b^T_a, b^S_a)),  m_a = the teacher's vehicle probability

    b (K, A, 4) are xyxy in input pixels, in the K samples that have dense outputs. Weight 4 there.

    Source: the localisation half of BCKD, code TinyTigerPan/BCKD @121c9aa. The sum of m is taken as at least 1, so
    that the traces of cars in an empty lot do not count as a car. Boxes that do not meet have no gradient; the
    ``box`` term moves those.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int]) -> None:
        super().__init__()

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch has dense outputs."""
        if targets.dense is None:
            return output.boxes.sum() * 0
        known = targets.dense.known
        told = targets.dense.scores[known]
        iou: torch.Tensor = bbox_iou(output.boxes[known], targets.dense.boxes[known], xywh=False).squeeze(-1)
        return (told * (1 - iou)).sum() / told.sum().clamp_min(1)

"""Soft scores of the head: binary cross-entropy with the assigned targets."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Score(nn.Module):
    """Binary cross-entropy with the soft target, the sum over counted anchors by the sum of targets.

    L = sum_a c_a BCE(z_a, t_a) / sum_a t_a, with t_a = alignment x teacher's score (B, A) and c_a = 0 where the
    score is left open: YOLOv8's score loss with soft labels.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int]) -> None:
        super().__init__()

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        wrong = F.binary_cross_entropy_with_logits(output.logits, assignment.scores, reduction="none")
        return (wrong * assignment.counted).sum() / assignment.total

"""Which of the student's anchors learn which of the teacher's soft boxes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from ultralytics.utils.tal import TaskAlignedAssigner

from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


@dataclass(frozen=True)
class Assignment:
    """Which anchors learn what.

    Attributes:
        scores: (B, A) target score, 0 for background.
        boxes: (B, A, 4) xyxy in input pixels; meaningful where ``foreground``.
        foreground: (B, A) bool.
        counted: (B, A) 1 where the score is taught, 0 where it is left open.
    """

    scores: torch.Tensor
    boxes: torch.Tensor
    foreground: torch.Tensor
    counted: torch.Tensor

    @property
    def total(self) -> torch.Tensor:
        """Sum of targets, what the terms are divided by; at least 1, so that an empty lot does not weigh more."""
        return self.scores.sum().clamp_min(1.0)


@torch.no_grad()
def assign(output: StudentOutput, targets: Targets) -> Assignment:
    """Task-aligned assignment (TOOD, arXiv 2108.07755) to soft boxes.

    An anchor's target is its alignment with the box, as in YOLOv8, times the teacher's score of that box.
    Anchors whose centre lies in a box that is left open and that learn no box are not counted.
    """
    centres = output.points * output.strides
    assigner = TaskAlignedAssigner(
        topk=10, num_classes=1, alpha=0.5, beta=6.0, stride=torch.unique(output.strides).tolist()
    )
    exists = (targets.scores > 0).unsqueeze(-1)
    _, boxes, scores, foreground, index = assigner(
        output.logits.detach().sigmoid().unsqueeze(-1),
        output.boxes.detach(),
        centres,
        torch.zeros_like(exists, dtype=torch.float32),
        targets.boxes,
        exists.float(),
    )
    soft = scores.squeeze(-1)
    if targets.scores.shape[1]:
        soft = soft * targets.scores.gather(1, index.long())
    inside = _inside(centres, targets.ignore)
    return Assignment(soft, boxes, foreground.bool(), (~inside | foreground.bool()).float())


def _inside(points: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """(A, 2) points, (B, M, 4) boxes -> (B, A) whether a point lies in any of the boxes."""
    low = points[None, :, None] >= boxes[:, None, :, :2]
    high = points[None, :, None] <= boxes[:, None, :, 2:]
    within: torch.Tensor = (low & high).all(-1).any(-1)
    return within & (boxes.shape[1] > 0)

"""Binary classification distillation (BCKD): the teacher's probability at every anchor, background included."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Bckd(nn.Module):
    """Cross-entropy with the teacher's probability, weighted by how far the student is from it.

        L = (1/Z) sum_a |t_a - s_a|^gamma BCE(z_a, t_a),  s = sigmoid(z),  Z = sum_a t_a

    z (K, A) are the student's logits and t (K, A) the teacher's probabilities in the K samples that have them; gamma
    = 1, weight 1 there. A softmax over classes would be wrong for sigmoid heads, and constant with one class.

    Source: BCKD, code TinyTigerPan/BCKD @121c9aa ``novel_kd_loss``; as there, the weight passes a gradient too. Z is
    taken as at least 1, so that an empty lot does not weigh more than one with a car.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int], gamma: float = 1.0) -> None:
        super().__init__()
        self.gamma = gamma

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch has dense outputs."""
        if targets.dense is None:
            return output.logits.sum() * 0
        logits = output.logits[targets.dense.known]
        told = targets.dense.scores[targets.dense.known].to(logits)
        far = (told - logits.sigmoid()).abs().pow(self.gamma)
        wrong = F.binary_cross_entropy_with_logits(logits, told, reduction="none")
        return (far * wrong).sum() / told.sum().clamp_min(1)

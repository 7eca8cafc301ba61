"""Hinton's distillation in its other form: squared distance between the heads' raw outputs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import Targets
from lotwise.students.losses.terms.hinton import logits_of
from lotwise.students.losses.terms.ld import stored_distributions
from lotwise.students.model.student import StudentOutput
from lotwise.teacher.oracle import MIN_DISTRIBUTION_SCORE


class HintonMse(nn.Module):
    """Squared distance of score logits and of centred box logits at foreground anchors.

        L_MSE = mean_a (S^S_a - S^T_a)^2 + mean_a,e,r ( centre(B^S_aer) - centre(B^T_aer) )^2

    S (B, A) are score logits, B (B, A, 4, reg_max) logits over bins, and a the anchors where the teacher sees a vehicle
    with a score of 0.05 and more (of B those that were stored). Softmax does not see a constant added to all bins of
    an edge, so each edge is centred over its bins first. Where reg_max is 1 (YOLO26) B are the distances themselves,
    in grid cells, and nothing is centred. The whole is L = (1-alpha) L_CE + alpha L_MSE, with alpha as the weights'
    share. The foreground is the teacher's own, since a fifth and more of the anchors to which the assignment gives a
    box are background to the teacher (real lots, YOLOv8m), and there the two terms would pull against each other.

    Source: the MSE-on-outputs form of the KIT slides on latent space distillation, after arXiv 1503.02531.

    Raises:
        InputError: the student has distributions over bins and the teacher none or others.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int]) -> None:
        super().__init__()

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch has dense outputs or the teacher sees no vehicle."""
        if targets.dense is None:
            return output.logits.sum() * 0
        seen = targets.dense.scores >= MIN_DISTRIBUTION_SCORE
        scores = output.logits[seen] - logits_of(targets.dense.scores[seen]).to(output.logits)
        return _mean_square(scores) + _mean_square(_box_errors(output, targets))


def _box_errors(output: StudentOutput, targets: Targets) -> torch.Tensor:
    """(N, 4, reg_max) student minus teacher at the anchors where the teacher sees a vehicle."""
    if output.distributions.shape[-1] == 4:
        assert targets.dense is not None
        seen = targets.dense.scores >= MIN_DISTRIBUTION_SCORE
        strides = output.strides[seen.nonzero(as_tuple=True)[1]]
        return ((output.boxes[seen] - targets.dense.boxes[seen]) / strides).unsqueeze(-1)
    stored = stored_distributions(output, targets, "weights.hinton_mse")
    off = torch.cat([mine - told for _, _, mine, told in stored])
    return off - off.mean(-1, keepdim=True)


def _mean_square(errors: torch.Tensor) -> torch.Tensor:
    """0, with a gradient, of no errors at all."""
    return errors.square().sum() / max(errors.numel(), 1)

"""Hinton's distillation in its temperature form, for a head with one class."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Hinton(nn.Module):
    """Divergence between softened two-class distributions (vehicle, background) of every anchor.

        L = T^2 mean_a KL( p_T || p_S ),  p = softmax((z, 0) / T) = (sigmoid(z/T), 1 - sigmoid(z/T))

    z (K, A) are the logits in the K samples that have dense outputs; each anchor is one example, as an image is in
    the paper, and T^2 keeps the gradient's size when T changes. T = 4 as in RepDistiller; the paper has 2 to 20. The
    hard half, (1-alpha) CE(y, p_S), is the ``score`` term, and alpha the weights' share.

    A softmax over one logit is 1 whatever the logit, so the literal form would teach nothing: the background's logit
    0 stands beside it, which makes of a sigmoid's logit the same two-class softmax.

    Source: Hinton, Vinyals, Dean, "Distilling the Knowledge in a Neural Network", arXiv 1503.02531.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int], temperature: float = 4.0) -> None:
        super().__init__()
        self.temperature = temperature

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch has dense outputs."""
        if targets.dense is None:
            return output.logits.sum() * 0
        known = targets.dense.known
        mine = output.logits[known] / self.temperature
        told = logits_of(targets.dense.scores[known]).to(mine) / self.temperature
        share = told.sigmoid()
        vehicle = F.logsigmoid(told) - F.logsigmoid(mine)
        background = F.logsigmoid(-told) - F.logsigmoid(-mine)
        return self.temperature**2 * (share * vehicle + (1 - share) * background).mean()


def logits_of(probabilities: torch.Tensor) -> torch.Tensor:
    """Logits, -9.7 to 8.3, of probabilities that were stored in float16.

    Above lies what float16 rounds to 1, below what it keeps with less precision.
    """
    half = torch.finfo(torch.float16)
    return probabilities.clamp(half.tiny, 1 - half.eps / 4).logit()

"""Localisation distillation (LD): the teacher's distributions over distance bins, softened."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Ld(nn.Module):
    """Kullback-Leibler divergence between the softened distributions of each edge, weighted by the teacher's score.

        L_ld = (1 / sum_a m_a) sum_a m_a (1/4) sum_{e in ltrb} T^2 KL( softmax(B^T_ae / T) || softmax(B^S_ae / T) )

    B (N, 4, reg_max) are logits over bins of the N anchors whose distributions were stored (teacher's score m_a of
    0.05 and more). T = 10, weight 0.25 there.

    Source: LD, code HikariTJU/LD @4287990 (R101->R50 40.1->42.1 COCO mAP). That code divides the divergence by the
    number of bins too; this keeps the equation. Of YOLO26 (reg_max 1) nothing can be learned this way.

    Raises:
        InputError: student's or teacher's head has no distributions, or they have different bins.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int], temperature: float = 10.0) -> None:
        super().__init__()
        if student.model[-1].reg_max == 1:
            raise InputError(
                "weights.ld: the student's head has no distributions over bins (reg_max 1); "
                "set weights.ld to 0, weights.iou does the same for such heads"
            )
        self.temperature = temperature

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch has distributions."""
        errors, weights = [], []
        for sample, anchors, mine, told in stored_distributions(output, targets, "weights.ld"):
            assert targets.dense is not None
            scores = targets.dense.scores[sample, anchors].to(mine)
            soft, wanted = ((bins / self.temperature).log_softmax(-1) for bins in (mine, told))
            edges = F.kl_div(soft, wanted, reduction="none", log_target=True).sum(-1)
            errors.append((scores * edges.mean(-1)).sum())
            weights.append(scores.sum())
        if not errors:
            return output.distributions.sum() * 0
        return self.temperature**2 * torch.stack(errors).sum() / torch.stack(weights).sum().clamp_min(1)


def stored_distributions(
    output: StudentOutput, targets: Targets, setting: str
) -> Iterator[tuple[int, torch.Tensor, torch.Tensor, torch.Tensor]]:
    """Per sample with dense outputs: its index, anchors (N,), the student's and the teacher's logits (N, 4, reg_max).

    Raises:
        InputError: the teacher's head has no distributions or others than the student's; names the setting.
    """
    if targets.dense is None:
        return
    bins = output.distributions.shape[-1] // 4
    for sample in targets.dense.known.nonzero().flatten().tolist():
        stored = targets.distributions[sample]
        theirs = stored.values.shape[1] // 4 if stored else 1
        if stored is None or theirs != bins:
            raise InputError(
                f"{setting}: the student's head says distances in {bins} bins, the teacher's in {theirs}; "
                f"take a teacher whose head has {bins}, or set {setting} to 0"
            )
        anchors = torch.from_numpy(stored.anchors).long().to(output.distributions.device)
        told = torch.from_numpy(stored.values).to(output.distributions)
        yield (
            sample,
            anchors,
            output.distributions[sample, anchors].view(-1, 4, bins),
            told.view(-1, 4, bins),
        )

"""Score-weighted squared distance of neck maps, the distillation that Ultralytics ships."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.cells import stored_cells, widths
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class ScoreL2(nn.Module):
    """Squared distance of the student's projected map and the teacher's, weighted by the teacher's score of the cell.

        L = sum_l sum_k s_k sum_c ( W_l(m_l)_kc - t_lkc )^2 / ( C_l sum_k s_k + 1e-9 ),
        W = Conv1x1(C_student -> C) - ReLU - Conv1x1(C -> C)

    m (K, C_student) and t (K, C_l) are the neck maps of student and teacher at the stored cells of all samples of
    level l, and s (K,) is the teacher's vehicle probability there. W is used in training only.

    Source: Ultralytics 8.4.190, ``nn/distill_model.py`` ``loss_sl2``. There it runs over all cells; those that were
    not stored are those of least score, which weigh next to nothing. What that code multiplies by, ``dis`` (6) and the
    batch size, belongs to the weight. Raw squared distances are not scale-free: the loss is in the teacher's units.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Linear(mine, told), nn.ReLU(), nn.Linear(told, told))
            for mine, told in widths(student, teacher)
        )

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch carries both latents and dense outputs."""
        cells = stored_cells(output.latents, targets.latents)
        loss = output.latents[0].sum() * 0
        if targets.dense is None:
            return loss
        scores = torch.split(targets.dense.scores, [level[0, 0].numel() for level in output.latents], dim=1)
        for level, layer in enumerate(self.layers):
            known = [found for found in cells if found.level == level and targets.dense.known[found.sample]]
            if known:
                weights = torch.cat([scores[level][found.sample, found.places] for found in known])
                mine, told = torch.cat([c.student for c in known]), torch.cat([c.teacher for c in known])
                wrong = (layer(mine) - told).square() * weights[:, None]
                loss = loss + wrong.sum() / (weights.sum() * told.shape[1] + 1e-9)
        return loss

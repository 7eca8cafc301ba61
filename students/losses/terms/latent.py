"""Latent matching through a layer that is used in training only (LKD-projector)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.cells import mean_of, stored_cells, widths
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class LatentMatching(nn.Module):
    """Squared distance between the student's and the teacher's representation of the same cells.

        L = mean_l mean_k || norm(W_l s_lk) - norm(P_l t_lk) ||^2 / r_l,  r_l = round(width * C_l)

    s (K, C_student) and t (K, C_l) are the neck maps of student and teacher at the stored cells of a sample. A
    representation layer W (1x1 convolution, C_student -> r) lifts the student's; both sides are standardised per cell
    over their channels, since a squared distance is not scale-free; the mean over the cells is taken per sample and
    level, then over those. P is the identity at width 1. Else it is fixed: a random matrix (r, C_l) of orthonormal
    rows (columns where width > 1) that is the same for the same r and C_l, and so needs no storing.

    Source: LKD, known from the KIT slides on latent space distillation only. This is its cheap variant: the layer is
    used in training only, so the student's head does not sit on the shared space as it does in
    ``representation.py``. Only cells around vehicles were stored (see teacher.oracle.keep_cells), which stands for
    the weighting by objectness without which 95 % of the loss would be asphalt.
    """

    def __init__(self, student: DetectionModel, teacher: Sequence[int], width: float = 1.0) -> None:
        """``width``: of the representation, relative to the teacher's channels."""
        super().__init__()
        pairs = widths(student, teacher)
        self.layers = nn.ModuleList(nn.Conv2d(mine, max(1, round(width * told)), 1) for mine, told in pairs)
        for level, (_, told) in enumerate(pairs):
            bases = None if width == 1 else orthonormal(max(1, round(width * told)), told)
            self.register_buffer(f"basis{level}", bases, persistent=False)

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch carries latents."""
        losses = []
        for cells in stored_cells(output.latents, targets.latents):
            basis = getattr(self, f"basis{cells.level}")
            told = cells.teacher if basis is None else cells.teacher @ basis.T
            lifted = self.layers[cells.level](cells.student.T[None, :, :, None])[0, :, :, 0].T
            losses.append((_over_channels(lifted) - _over_channels(told)).square().mean())
        return mean_of(losses, output)


def orthonormal(rows: int, columns: int) -> torch.Tensor:
    """A random matrix whose rows, or columns if there are fewer of them, are orthonormal; always the same one."""
    made = torch.empty(rows, columns)
    nn.init.orthogonal_(made, generator=torch.Generator().manual_seed(0))
    return made


def _over_channels(vectors: torch.Tensor) -> torch.Tensor:
    """(K, C) with mean 0 and variance 1 over the channels of each cell."""
    return nn.functional.layer_norm(vectors, vectors.shape[-1:])

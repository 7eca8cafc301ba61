"""Latent matching through representation layers of the teacher's width (LKD)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from students.student import StudentOutput
from students.targets import Targets
from teacher.knowledge import Latent


class LatentMatching(nn.Module):
    """Squared distance between the student's and the teacher's representation of the same cells.

    A representation layer (1x1 convolution, C_student -> C_teacher) lifts the student's neck map to the
    teacher's width; both sides are standardised per cell over their channels, since a squared distance is not
    scale-free; the mean over the stored cells is taken per level, then over levels:

        L = mean_l mean_k || norm(W_l s_lk) - norm(t_lk) ||^2 / C_l

    Only cells around vehicles were stored (see teacher.oracle.keep_cells), which stands for the weighting by
    objectness without which 95 % of the loss would be asphalt. The layers are used in training only.
    """

    def __init__(self, student: Sequence[int], teacher: Sequence[int]) -> None:
        """Channels of each level's map, student's and teacher's, finest level first."""
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(s, t, 1) for s, t in zip(student, teacher, strict=True))

    def forward(self, output: StudentOutput, targets: Targets) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch carries latents."""
        losses = [
            self._cells(level, sample, latent)
            for level, samples in enumerate(targets.latents)
            for sample, latent in zip(output.latents[level], samples, strict=True)
            if latent is not None and len(latent.cells)
        ]
        return torch.stack(losses).mean() if losses else output.latents[0].sum() * 0

    def _cells(self, level: int, sample: torch.Tensor, latent: Latent) -> torch.Tensor:
        """Mean distance over one sample's stored cells of one level; sample is (C, h, w)."""
        if sample.shape[1:] != torch.Size(latent.grid):
            raise ValueError(f"student's map {tuple(sample.shape[1:])} does not fit the teacher's {latent.grid}")
        cells = torch.from_numpy(latent.cells).long().to(sample.device)
        told = torch.from_numpy(latent.values).to(sample.device).float()
        mine = sample.flatten(1)[:, cells]
        lifted = self.layers[level](mine[None, :, :, None])[0, :, :, 0]
        return (_standardised(lifted.T) - _standardised(told)).square().mean()


def _standardised(vectors: torch.Tensor) -> torch.Tensor:
    """(K, C) with mean 0 and variance 1 over channels."""
    return nn.functional.layer_norm(vectors, vectors.shape[-1:])

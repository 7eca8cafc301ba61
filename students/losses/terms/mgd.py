"""Masked generative distillation (MGD): the teacher's map is to be made from a student's map with holes."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.cells import mean_of, of_levels, stored_cells, widths
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput


class Mgd(nn.Module):
    """Squared distance of the teacher's map and one generated from the masked map of the student.

        L = mean_l mean_k,c ( G_l(M_l . (W_l s_l)) - t_l )_kc^2,  G = Conv3x3 - ReLU - Conv3x3

    s (B, C_student, h, w) is the student's neck map, W a 1x1 convolution C_student -> C, M (B, 1, h, w) a random mask
    that hides a position with probability ``hidden`` (0.65, the paper's for detectors), t (K, C) the teacher's map at
    the K stored cells of all samples of level l. W and G are used in training only.

    Source: Yang et al., arXiv 2205.01529. The paper sums over the map and weights by 2e-5; here it is a mean, over
    the stored cells. The mask of a step depends on torch's seed when this was made and on the number of the step
    alone, so that a run that was resumed sees what it would have seen. Outside of training it is that of the next
    step. The two convolutions are wide: this term costs several times what the student itself does.
    """

    calls: torch.Tensor

    def __init__(self, student: DetectionModel, teacher: Sequence[int], hidden: float = 0.65) -> None:
        super().__init__()
        pairs = widths(student, teacher)
        self.layers = nn.ModuleList(nn.Conv2d(mine, told, 1) for mine, told in pairs)
        self.generators = nn.ModuleList(
            nn.Sequential(nn.Conv2d(told, told, 3, padding=1), nn.ReLU(), nn.Conv2d(told, told, 3, padding=1))
            for _, told in pairs
        )
        self.hidden = hidden
        self.seed = torch.initial_seed() % 2**32
        self.register_buffer("calls", torch.zeros((), dtype=torch.long))

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch carries latents."""
        randomness = torch.Generator().manual_seed(self.seed + int(self.calls))
        if self.training:
            self.calls += 1
        losses = []
        for level, samples in enumerate(targets.latents):
            known = [sample for sample, latent in enumerate(samples) if latent is not None]
            if known:
                generated = self._generated(level, output.latents[level][known], randomness)
                pairs = of_levels(stored_cells([generated], [[samples[sample] for sample in known]]))
                losses += [(mine - told).square().mean() for _, mine, told in pairs]
        return mean_of(losses, output)

    def _generated(self, level: int, maps: torch.Tensor, randomness: torch.Generator) -> torch.Tensor:
        """(B, C_student, h, w) -> (B, C, h, w)."""
        lifted = self.layers[level](maps)
        seen = torch.rand(len(maps), 1, *maps.shape[2:], generator=randomness) >= self.hidden
        generated: torch.Tensor = self.generators[level](lifted * seen.to(lifted))
        return generated

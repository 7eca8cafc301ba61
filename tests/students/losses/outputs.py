"""Student outputs made by hand: one level of anchors on a small grid."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from datasets.frame import Detections
from students.student import StudentOutput
from students.targets import Lesson, Targets, make_targets

STRIDE, SIDE, BINS = 8, 8, 8
NOTHING = np.zeros((0, 4), np.float32)


def centres() -> torch.Tensor:
    """(64, 2) middles of the anchors, pixels of a 64 x 64 input."""
    y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    return (torch.stack([x.flatten(), y.flatten()], 1) + 0.5) * STRIDE


def output(logits: torch.Tensor, distributions: torch.Tensor, latents: Sequence[torch.Tensor] = ()) -> StudentOutput:
    """From (B, 64) logits and (B, 64, 4 * bins) distributions; boxes follow from the distributions."""
    points = centres().to(logits) / STRIDE
    bins = distributions.shape[-1] // 4
    if bins > 1:
        weights = distributions.unflatten(-1, (4, bins)).softmax(-1)
        distances = weights @ torch.arange(bins).to(logits)
    else:
        distances = distributions
    boxes = torch.cat([points - distances[..., :2], points + distances[..., 2:]], -1) * STRIDE
    return StudentOutput(logits, boxes, distributions, points, torch.full((64, 1), STRIDE).to(logits), tuple(latents))


def untrained(batch: int = 1, seed: int = 0, bins: int = BINS, dtype: torch.dtype = torch.float32) -> StudentOutput:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(batch, 64, generator=generator, dtype=dtype)
    distributions = torch.randn(batch, 64, 4 * bins, generator=generator, dtype=dtype)
    distributions = distributions if bins > 1 else distributions.abs() + 0.5
    return output(logits.requires_grad_(), distributions.requires_grad_())


def taught(*scored: tuple[Sequence[float], float], ignore: Sequence[Sequence[float]] = ()) -> Targets:
    """Targets of one frame; scores are taught as they are."""
    lesson = Lesson(
        Detections.of([box for box, _ in scored], [score for _, score in scored]),
        (),
        np.array(ignore, np.float32).reshape(-1, 4),
    )
    return make_targets([lesson], teach=0.25, doubt=0.1, sharpen=1.0)

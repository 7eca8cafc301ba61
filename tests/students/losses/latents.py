"""Neck maps of student and teacher made by hand, one 8 x 8 level that fits the anchors of ``outputs.py``."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch import nn

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.targets import DenseTargets, Targets
from lotwise.students.model.student import StudentOutput
from lotwise.teacher.knowledge import Latent
from tests.students.losses.outputs import output

GRID = (8, 8)
NO_ASSIGNMENT = Assignment(*[torch.zeros(1, 0)] * 4)
"""The terms of latents do not ask which anchors learn what."""


def student_of(*channels: int) -> Any:
    """All that a term of latents asks of a student before training: the channels of its neck."""
    return SimpleNamespace(model=[SimpleNamespace(cv2=[nn.Conv2d(wide, 1, 1) for wide in channels])])


def maps(channels: int, batch: int = 1, seed: int = 0) -> torch.Tensor:
    """(B, C, 8, 8) of numbers that float16 can hold."""
    return torch.randn(batch, channels, *GRID, generator=torch.Generator().manual_seed(seed)).half().float()


def said(*latents: torch.Tensor) -> StudentOutput:
    batch = len(latents[0])
    return output(torch.zeros(batch, 64).to(latents[0]), torch.zeros(batch, 64, 32).to(latents[0]), latents)


def stored(of: torch.Tensor, cells: Sequence[int] | None = None) -> Latent:
    """These cells of a teacher's map (C, h, w), or all."""
    places = np.array(range(of[0].numel()) if cells is None else cells, np.int32)
    values = of.detach().flatten(1).T[places].numpy().astype(np.float16)
    return Latent((of.shape[1], of.shape[2]), places, values)


def targets(
    *levels: tuple[Latent | None, ...],
    boxes: Sequence[Sequence[Sequence[float]]] = (),
    scores: torch.Tensor | None = None,
    known: Sequence[bool] = (True,),
) -> Targets:
    """Latents by level and sample; boxes of each sample; the teacher's scores (B, A) where wanted."""
    padded = nn.utils.rnn.pad_sequence(
        [torch.tensor(found, dtype=torch.float32).reshape(-1, 4) for found in boxes or [[]]], batch_first=True
    )
    exists = (padded != 0).any(-1).float()
    dense = None if scores is None else DenseTargets(torch.tensor(known), scores, torch.zeros(*scores.shape, 4))
    return Targets(padded, exists, torch.zeros(len(padded), 0, 4), levels, dense)


def cost(term: nn.Module, mine: torch.Tensor, told: Targets) -> float:
    return float(term(said(mine), told, NO_ASSIGNMENT).detach())


def identity(layers: nn.ModuleList) -> None:
    """Make projectors hand on what they get."""
    with torch.no_grad():
        for layer in layers:
            layer.weight.copy_(torch.eye(*layer.weight.shape[:2]).reshape_as(layer.weight))
            layer.bias.zero_()


def slope_is_right(term: nn.Module, mine: torch.Tensor, told: Targets) -> bool:
    """Whether the gradient by the student's maps is that of finite differences, in double precision."""
    term = term.double().eval()
    return torch.autograd.gradcheck(
        lambda latent: term(said(latent), told, NO_ASSIGNMENT), mine.double().requires_grad_(), atol=1e-6
    )


def nothing_is_zero(term: nn.Module, told: Targets, channels: int = 3, batch: int = 1) -> bool:
    """Whether a batch that teaches this term nothing costs nothing and has a gradient, of zero."""
    mine = maps(channels, batch).requires_grad_()
    loss = term(said(mine), told, NO_ASSIGNMENT)
    loss.backward()
    return float(loss.detach()) == 0 and bool((mine.grad == 0).all())

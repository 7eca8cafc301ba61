"""Between the untouched nano and its student: weights interpolated in a line (WiSE-FT, arXiv 2109.01903)."""

from __future__ import annotations

import copy

import torch
from ultralytics.nn.tasks import DetectionModel


@torch.no_grad()
def blend(nano: DetectionModel, student: DetectionModel, share: float) -> DetectionModel:
    """The model whose weights and norms' statistics lie between those of two models of one architecture.

    A student of few frames knows by heart what these show; what the nano knew of other light and other cars comes
    back sooner than what the student has learned goes, so a point between them is often better than both.

    Args:
        nano: what the student started from.
        student: what it has become.
        share: how far to go from the nano to the student, 0..1: 0 is the nano and 1 the student, number for number.

    Returns:
        A new model, in eval mode.

    Raises:
        ValueError: a share outside 0..1, or models of different architectures.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"share {share}: give 0..1")
    start, end = nano.state_dict(), student.state_dict()
    if {name: tensor.shape for name, tensor in start.items()} != {name: tensor.shape for name, tensor in end.items()}:
        raise ValueError("the student is of another architecture than the nano")
    made = copy.deepcopy(student)
    made.load_state_dict(
        {
            name: torch.lerp(start[name], tensor, share)
            if tensor.is_floating_point()
            else (tensor if share else start[name])
            for name, tensor in end.items()
        }
    )
    return made.eval()

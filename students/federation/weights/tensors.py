"""Arrays that travelled, as tensors beside a student's parameters."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import nn

from lotwise.students.federation.method import Arrays


def as_tensors(arrays: Arrays, like: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Those arrays that ``like`` names, on its device and of its type."""
    return {name: torch.from_numpy(np.array(arrays[name])).to(tensor) for name, tensor in like.items()}


def add_to_gradients(student: nn.Module, added: Arrays, factor: float = 1.0) -> None:
    """g <- g + factor * added for each parameter that ``added`` names, in place; a missing gradient counts as 0."""
    parameters = {name: p for name, p in student.named_parameters() if name in added}
    for name, change in as_tensors(added, parameters).items():
        parameter = parameters[name]
        parameter.grad = (torch.zeros_like(parameter) if parameter.grad is None else parameter.grad) + factor * change

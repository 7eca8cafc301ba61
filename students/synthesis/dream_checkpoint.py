"""Where the making of a batch of dreams stands, on disk: a killed one goes on to the very same pictures."""

from __future__ import annotations

import io
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.checkpoint import read_checkpoint

CHECKPOINT = "batch.pt"
SAVE_EVERY_S = 20.0
"""Seconds between two writings, as of a distillation."""


@dataclass(frozen=True)
class DreamState:
    """A batch in the making.

    Attributes:
        stage: that is being worked on.
        step: steps of it that are done.
        pyramid, optimizer: states of both.
        losses: each part of what is minimised, at the last step.
    """

    stage: int
    step: int
    pyramid: Mapping[str, Any]
    optimizer: dict[str, Any]
    losses: Mapping[str, float]


def save_dream(
    folder: Path,
    identity: str,
    stage: int,
    step: int,
    pyramid: nn.Module,
    optimizer: torch.optim.Optimizer,
    losses: Mapping[str, float],
) -> None:
    """Write the state, at most every twenty seconds."""
    path = folder / CHECKPOINT
    if path.exists() and time.time() - path.stat().st_mtime < SAVE_EVERY_S:
        return
    buffer = io.BytesIO()
    content = {
        "identity": identity,
        "stage": stage,
        "step": step,
        "pyramid": pyramid.state_dict(),
        "optimizer": optimizer.state_dict(),
        "losses": dict(losses),
    }
    torch.save(content, buffer)
    write_whole(path, buffer.getvalue(), sync=False)


def resume_dream(folder: Path, identity: str) -> DreamState | None:
    """Where the same batch was left; None where none was begun, or another one, or where that is torn."""
    stored = read_checkpoint(folder / CHECKPOINT)
    if stored is None or stored.pop("identity") != identity:
        return None
    return DreamState(**stored)

"""Where a distillation stands, on disk: a killed run goes on from its last epoch."""

from __future__ import annotations

import io
import json
import logging
import pickle
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lotwise.datasets.whole_file import write_whole

log = logging.getLogger(__name__)

CHECKPOINT = "last.pt"
LOG = "log.jsonl"
SAVE_EVERY_S = 20.0
"""Seconds between two writings: were one to take a second, a twentieth of the time would go into it."""


@dataclass(frozen=True)
class TrainingState:
    """Where a run stands.

    Attributes:
        epoch: epochs finished.
        seconds: time spent on them.
        losses: mean of each loss term over the last epoch.
        agreements: F1 with the teacher's taught boxes at each check so far, 0..1.
        checked: step of the last check.
        settled: step from which on it learned nothing more and only cools down; None while it learns.
    """

    epoch: int = 0
    seconds: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)
    agreements: tuple[float, ...] = ()
    checked: int = 0
    settled: int | None = None


def save_state(
    folder: Path,
    identity: str,
    state: TrainingState,
    learner: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
    last: bool,
) -> None:
    """Write the state, at most every twenty seconds but always at the end."""
    path = folder / CHECKPOINT
    if not last and path.exists() and time.time() - path.stat().st_mtime < SAVE_EVERY_S:
        return
    buffer = io.BytesIO()
    torch.save(
        {
            "identity": identity,
            "state": asdict(state),
            "learner": learner.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
        },
        buffer,
    )
    write_whole(path, buffer.getvalue(), sync=False)


def resume(
    folder: Path, identity: str, learner: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer
) -> TrainingState:
    """Load the state into the three modules and say where the run stands; a fresh start where there is none.

    A state of other settings or other frames, or one that a power cut has left torn, is not gone on with: the run
    starts anew and overwrites it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / CHECKPOINT
    stored = read_checkpoint(path) or {}
    if stored.get("identity") != identity:
        (folder / LOG).unlink(missing_ok=True)
        return TrainingState()
    learner.load_state_dict(stored["learner"])
    average.load_state_dict(stored["average"])
    optimizer.load_state_dict(stored["optimizer"])
    state = TrainingState(**stored["state"])
    _forget_after(folder / LOG, state.epoch)
    return state


def read_checkpoint(path: Path) -> dict[str, Any] | None:
    """What a checkpoint holds; None where there is none, or one that is torn, which the log then tells."""
    if not path.is_file():
        return None
    try:
        found: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except (EOFError, RuntimeError, ValueError, pickle.UnpicklingError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        log.warning("%s: cannot be read, as after a power cut (%s); what it was of begins anew", path, reason)
        return None
    return found


def append_log(folder: Path, state: TrainingState) -> None:
    """One more line in ``log.jsonl``: epoch, seconds and each loss term."""
    line: dict[str, float] = {"epoch": state.epoch, "seconds": round(state.seconds, 2), **state.losses}
    with (folder / LOG).open("a") as file:
        file.write(json.dumps(line) + "\n")


def _forget_after(path: Path, epoch: int) -> None:
    """Drop the lines of epochs that will be learned again; each line is one epoch, the last may be torn."""
    if path.is_file():
        write_whole(path, b"".join(path.read_bytes().splitlines(keepends=True)[:epoch]))

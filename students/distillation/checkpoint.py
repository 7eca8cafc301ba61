"""Where a distillation stands, on disk: a killed run goes on from its last epoch."""

from __future__ import annotations

import io
import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import nn

from lotwise.datasets.whole_file import write_whole

NAME = "last.pt"
LOG = "log.jsonl"
EVERY_S = 20.0


@dataclass(frozen=True)
class Progress:
    """Where a run stands.

    Attributes:
        epoch: epochs finished.
        seconds: spent on them.
        losses: mean of each loss term over the last epoch.
        agreements: with the teacher, at each check so far.
        checked: step of the last check.
        settled: step from which on it learned nothing more and only cools down; None while it learns.
    """

    epoch: int = 0
    seconds: float = 0.0
    losses: dict[str, float] = field(default_factory=dict)
    agreements: tuple[float, ...] = ()
    checked: int = 0
    settled: int | None = None


def save_progress(
    folder: Path,
    identity: str,
    progress: Progress,
    learner: nn.Module,
    average: nn.Module,
    optimizer: torch.optim.Optimizer,
    last: bool,
) -> None:
    """Write the state, at most every twenty seconds but always at the end."""
    path = folder / NAME
    if not last and path.exists() and time.time() - path.stat().st_mtime < EVERY_S:
        return
    buffer = io.BytesIO()
    torch.save(
        {
            "identity": identity,
            "progress": asdict(progress),
            "learner": learner.state_dict(),
            "average": average.state_dict(),
            "optimizer": optimizer.state_dict(),
        },
        buffer,
    )
    write_whole(path, buffer.getvalue(), sync=False)


def resume(
    folder: Path, identity: str, learner: nn.Module, average: nn.Module, optimizer: torch.optim.Optimizer
) -> Progress:
    """Load the state into the three modules and say where the run stands; a fresh start where there is none.

    A state of other settings or other frames is not gone on with: the run starts anew and overwrites it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / NAME
    state = torch.load(path, map_location="cpu", weights_only=True) if path.is_file() else {}
    if state.get("identity") != identity:
        (folder / LOG).unlink(missing_ok=True)
        return Progress()
    learner.load_state_dict(state["learner"])
    average.load_state_dict(state["average"])
    optimizer.load_state_dict(state["optimizer"])
    progress = Progress(**state["progress"])
    _forget_after(folder / LOG, progress.epoch)
    return progress


def append_log(folder: Path, progress: Progress) -> None:
    """One more line in ``log.jsonl``: epoch, seconds and each loss term."""
    line: dict[str, float] = {"epoch": progress.epoch, "seconds": round(progress.seconds, 2), **progress.losses}
    with (folder / LOG).open("a") as file:
        file.write(json.dumps(line) + "\n")


def _forget_after(log: Path, epoch: int) -> None:
    """Drop the lines of epochs that will be learned again; each line is one epoch, the last may be torn."""
    if log.is_file():
        write_whole(log, b"".join(log.read_bytes().splitlines(keepends=True)[:epoch]))

"""The loss over the epochs, the agreement over the frames and what smaller students lose, as pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib.figure import Figure

from lotwise.students.pipeline.records import RightSizeRecord


def plot_log(log: Path, picture: Path, title: str) -> None:
    """Draw each loss term of a ``log.jsonl`` against the epoch, on a logarithmic axis."""
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name in (name for name in lines[-1] if name not in ("epoch", "seconds")):
        axes.plot([line["epoch"] for line in lines], [line[name] for line in lines], label=name)
    axes.set(title=f"{title}: {lines[-1]['seconds']:.0f} s", xlabel="epoch", ylabel="weighted loss", yscale="log")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(picture, dpi=110)


def plot_curve(points: Sequence[tuple[int, float]], picture: Path, title: str) -> None:
    """Draw agreement, 0..1, against the number of frames, a doubling a step; the untouched nano as a line.

    Args:
        points: (frames, agreement), ascending; the nano's, of 0 frames, first.
        picture: PNG file to write.
        title: text above the curve.
    """
    (_, untouched), *students = points
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    axes.axhline(untouched, color="grey", linestyle="--", label="untouched nano")
    axes.plot(*zip(*students, strict=True), marker="o", label="student")
    axes.set(xlabel="frames learned from", ylabel="agreement with the teacher", ylim=(0, 1.02))
    axes.set_xscale("log", base=2)
    axes.set_xticks([frames for frames, _ in students], labels=[str(frames) for frames, _ in students])
    axes.set_title(title, fontsize=9, wrap=True)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(picture, dpi=110)


def plot_ladder(ladder: RightSizeRecord, picture: Path, title: str) -> None:
    """Draw what each student that was tried loses against the time that it takes, and what was allowed.

    Args:
        ladder: of one camera.
        picture: PNG file to write; its folder is made.
        title: text above the points.
    """
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    if ladder.allowed is not None:
        axes.axhline(ladder.allowed, color="grey", linestyle="--", label="allowed")
    for rung in ladder.rungs:
        taken = rung.name == ladder.taken
        axes.plot(rung.ms, rung.loss, "o", color="tab:green" if taken else "tab:blue", markersize=9 if taken else 6)
        axes.annotate(rung.name, (rung.ms, rung.loss), xytext=(5, 5), textcoords="offset points", fontsize=8)
    axes.set(xlabel="ms a frame", ylabel="largest loss against the full size")
    axes.set_xlim(left=0)
    axes.set_title(title, fontsize=9, wrap=True)
    axes.grid(alpha=0.3)
    if ladder.allowed is not None:
        axes.legend(frameon=False, loc="upper right")
    figure.savefig(picture, dpi=110)

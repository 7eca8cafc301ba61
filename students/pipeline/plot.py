"""The loss over the epochs and the agreement over the frames, as pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib.figure import Figure


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

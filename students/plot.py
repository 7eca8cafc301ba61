"""The loss over the epochs, as a picture."""

from __future__ import annotations

import json
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

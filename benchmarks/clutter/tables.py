"""Cells pooled into lines, as a table on the screen and as plots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.clutter.recipes import NANO
from benchmarks.clutter.scores import LOOSE, OTHER, Counts
from benchmarks.distillation.tables import spread

Line = Mapping[str, Any]
COLUMNS = {
    "precision": ("precision", 3),
    "recall": ("recall", 3),
    "false": ("false / 100 frames", 0),
    "furniture": ("of them on furniture", 0),
    "slots_right": ("slots right", 4),
    "empty_boxes": ("boxes / 100 empty frames", 0),
    "empty_slots": ("slots taken / 100 empty frames", 0),
}
ALL_CLIPS = "all clips"


def lines_of(cells: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A line for each group, clip and row, and for all clips of a group together.

    Figures are of the sums over all cells; ``spread`` has the figures of each seed. Precision and recall of the model
    that went live are told beside, where the promotion gate kept some students back.
    """
    nano = {cell["place"]: cell for cell in cells if cell["row"] == NANO}
    lines = []
    groups = list(dict.fromkeys((cell["group"], cell["clip"]) for cell in cells))
    several = {group for group, _ in groups if len([1 for other, _ in groups if other == group]) > 1}
    for group, clip in [
        *groups,
        *((group, ALL_CLIPS) for group in dict.fromkeys(g for g, _ in groups if g in several)),
    ]:
        inside = [cell for cell in cells if cell["group"] == group and clip in (ALL_CLIPS, cell["clip"])]
        for row in dict.fromkeys(cell["row"] for cell in inside):
            of_row = [cell for cell in inside if cell["row"] == row]
            lines.append({**_line(group, clip, row, of_row), "live_figures": _live(of_row, nano)})
    order = {group: place for place, (group, _) in enumerate(reversed(groups))}
    return sorted(lines, key=lambda line: -order[line["group"]])


def _line(group: str, clip: str, row: str, cells: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    total = _sum(cells)
    by_place = {key: list(found) for key, found in groupby(sorted(cells, key=_repeat), key=_repeat)}
    repeats = [_sum(found).figures() for found in by_place.values()]
    trained = [cell for cell in cells if cell["live"]]
    return {
        "group": group,
        "clip": clip,
        "row": row,
        "cells": len(cells),
        "figures": total.figures(),
        "spread": {key: [repeat[key] for repeat in repeats] for key in COLUMNS},
        "kinds": dict(total.on.most_common()),
        "frames": total.frames,
        "students_live": [sum(cell["live"] == "student" for cell in trained), len(trained)],
        "confidence": [min(cell["confidence"] for cell in cells), max(cell["confidence"] for cell in cells)],
        "seconds": mean(cell["seconds"] for cell in cells),
    }


def _live(cells: Sequence[Mapping[str, Any]], nano: Mapping[str, Mapping[str, Any]]) -> dict[str, float | None] | None:
    """Figures of what went live: the untouched nano where the gate kept the student back; None where it is unknown."""
    chosen = []
    for cell in cells:
        if cell["live"] == "baseline":
            # On real frames the untouched nano was measured in the first repeat only.
            name = str(cell["place"])
            found = nano.get(name) or nano.get(f"{name.rpartition('-')[0]}-0")
            if found is None:
                return None
            chosen.append(found)
        else:
            chosen.append(cell)
    return _sum(chosen).figures() if any(cell["live"] for cell in cells) else None


def _repeat(cell: Mapping[str, Any]) -> str:
    """Cells of one repeat: a place's name ends with its seed."""
    return str(cell["place"]).rpartition("-")[2]


def _sum(cells: Sequence[Mapping[str, Any]]) -> Counts:
    total = Counts()
    for cell in cells:
        total += Counts(**{**cell["counts"], "on": Counter(cell["counts"]["on"])})
    return total


def texts(line: Line) -> list[str]:
    """The figures of a line, with least and most of its seeds."""
    found = []
    for key, (_, digits) in COLUMNS.items():
        value = line["figures"][key]
        known = [one for one in line["spread"][key] if one is not None]
        text = "-" if value is None else f"{value:.{digits}f}"
        ends = spread(known, digits)
        found.append(text + (f" {ends[ends.index('(') :]}" if "(" in ends else ""))
    return found


def _shares(figures: Mapping[str, float | None] | None) -> str:
    pair = [figures[key] if figures else None for key in ("precision", "recall")]
    return " / ".join("-" if value is None else f"{value:.3f}" for value in pair) if figures else "-"


def show(lines: Sequence[Line]) -> None:
    table = Table(title="at the deployed threshold, on held-out frames; sum over all cells (least - most of the seeds)")
    for heading in ("place", "clip", "row", "cells", *(heading for heading, _ in COLUMNS.values()), "furniture called "
                    "a vehicle", "live", "live: P / R", "threshold", "s"):  # fmt: skip
        table.add_column(heading, justify="left" if heading in ("place", "clip", "row") else "right")
    for _, found in groupby(lines, key=lambda line: (line["group"], line["clip"])):
        for line in found:
            kinds = [f"{kind} {n}" for kind, n in line["kinds"].items() if kind not in (LOOSE, OTHER)][:4]
            live = "{}/{}".format(*line["students_live"]) if line["students_live"][1] else "-"
            low, high = line["confidence"]
            threshold = f"{low:.2f}" if low == high else f"{low:.2f} - {high:.2f}"
            table.add_row(
                line["group"], line["clip"], line["row"], str(line["cells"]), *texts(line), ", ".join(kinds), live,
                _shares(line["live_figures"]),
                threshold, f"{line['seconds']:.0f}",
            )  # fmt: skip
        table.add_section()
    Console(width=250).print(table)


def plot(lines: Sequence[Line], folder: Path) -> list[Path]:
    """Two pictures: precision against recall of every row, and on what the false boxes are."""
    import matplotlib

    matplotlib.use("Agg")
    folder.mkdir(parents=True, exist_ok=True)
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line["group"], []).append(line)
    # Of a group with several clips, all of them together.
    pooled = {
        group: [line for line in found if line["clip"] == ALL_CLIPS] or found
        for group, found in groups.items()
        if any(line["figures"]["recall"] is not None for line in found)
    }
    if not pooled:
        return []
    return [_plot_points(pooled, folder / "clutter-precision.png"), _plot_kinds(pooled, folder / "clutter-kinds.png")]


def _plot_points(groups: Mapping[str, Sequence[Line]], path: Path) -> Path:
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(groups), figsize=(5.5 * len(groups), 5), squeeze=False)
    for axis, (group, found) in zip(axes[0], groups.items(), strict=True):
        for number, line in enumerate(found):
            x, y = line["figures"]["recall"], line["figures"]["precision"]
            if x is None or y is None:
                continue
            axis.scatter(x, y, s=45, color=f"C{number}", label=line["row"])
            recalls, precisions = line["spread"]["recall"], line["spread"]["precision"]
            axis.scatter(recalls, precisions, s=8, color=f"C{number}")
        axis.set(title=group, xlabel="recall", ylabel="precision")
        axis.grid(linewidth=0.3)
        axis.legend(fontsize=7)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def _plot_kinds(groups: Mapping[str, Sequence[Line]], path: Path) -> Path:
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    kinds = list(dict.fromkeys(kind for found in groups.values() for line in found for kind in line["kinds"]))
    rows = max(len(found) for found in groups.values())
    size = (5.5 * len(groups) + 2, 0.4 * rows + 2)
    figure, axes = plt.subplots(1, len(groups), figsize=size, squeeze=False)
    for axis, (group, found) in zip(axes[0], groups.items(), strict=True):
        for place, line in enumerate(reversed(found)):
            left = 0.0
            for number, kind in enumerate(kinds):
                width = 100 * line["kinds"].get(kind, 0) / max(line["frames"], 1)
                axis.barh(place, width, left=left, color=plt.get_cmap("tab20")(number % 20))
                left += width
        axis.set_yticks(range(len(found)), [line["row"] for line in reversed(found)], fontsize=7)
        axis.set(title=group, xlabel="false boxes on 100 frames")
    handles = [Patch(color=plt.get_cmap("tab20")(n % 20)) for n in range(len(kinds))]
    figure.legend(handles, kinds, loc="lower center", ncols=min(len(kinds), 9) or 1, fontsize=7)
    figure.tight_layout(rect=(0, 0.08, 1, 1))
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path

"""The comparison as a table on the screen, as Markdown, and as plots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

Line = Mapping[str, Any]
"""Of one row of the comparison on one camera: lists over its repeats; ``row``, ``group``, ``camera``."""

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
COLUMNS = {
    "errors_half_covered": ("wrong, half covered", 1),
    "errors_matched": ("wrong, matched", 1),
    "f1_half_covered": ("F1, half covered", 3),
    "f1_matched": ("F1, matched", 3),
    "map50": ("mAP50", 3),
    "map50_95": ("mAP50-95", 3),
    "deployed_precision": ("precision at work", 3),
    "deployed_recall": ("recall at work", 3),
    "false_boxes": ("false boxes", 1),
    "agreement": ("agreement", 3),
    "seconds": ("s", 0),
    "memory": ("MiB", 0),
}


def spread(values: Sequence[float | None], digits: int) -> str:
    """Mean, and least to most where they differ; a dash where there is nothing."""
    known = [value for value in values if value is not None]
    if not known:
        return "-"
    text = f"{mean(known):.{digits}f}"
    low, high = f"{min(known):.{digits}f}", f"{max(known):.{digits}f}"
    return text if low == high else f"{text} ({low} - {high})"


def cells(line: Line) -> list[str]:
    """One text a column; accuracy beside the errors."""
    texts = []
    for key, (_, digits) in COLUMNS.items():
        text = spread(line[key], digits)
        if key.startswith("errors"):
            text += f" · {1 - mean(line[key]) / line['slots']:.3f}"
        texts.append(text)
    return texts


def show(lines: Sequence[Line], title: str) -> None:
    table = Table(title=title)
    for heading in ("camera", "row", "repeats", *(heading for heading, _ in COLUMNS.values())):
        table.add_column(heading, justify="left" if heading in ("camera", "row") else "right")
    for _, of_camera in groupby(lines, key=lambda line: line["camera"]):
        for line in of_camera:
            table.add_row(line["camera"], line["row"], str(len(line["errors_matched"])), *cells(line))
        table.add_section()
    Console(width=250).print(table)


def markdown(lines: Sequence[Line]) -> str:
    """One table a camera; groups of rows divided by a line of their own."""
    texts = []
    for camera, of_camera in groupby(lines, key=lambda line: line["camera"]):
        found = list(of_camera)
        texts.append(f"### {camera}: {found[0]['slots']} slot readings\n")
        texts.append(f"| | repeats | {' | '.join(heading for heading, _ in COLUMNS.values())} |")
        texts.append("|---" + "|---:" * (len(COLUMNS) + 1) + "|")
        for group, rows in groupby(found, key=lambda line: line["group"]):
            texts.append(f"| *{group}* |" + " |" * (len(COLUMNS) + 1))
            texts += [f"| {row['row']} | {len(row['errors_matched'])} | {' | '.join(cells(row))} |" for row in rows]
        texts.append("")
    return "\n".join(texts)


def write_markdown(lines: Sequence[Line], path: Path) -> None:
    """Put the table into a page, between its two marks; a page without them becomes the table alone."""
    page = path.read_text() if path.is_file() else ""
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    marked = begin and end
    path.write_text(f"{before}{BEGIN}\n\n{markdown(lines)}\n{END}{after}" if marked else markdown(lines))


def plot(lines: Sequence[Line], folder: Path) -> list[Path]:
    """Two pictures: slot errors against training seconds, and every row's errors, agreement and mAP50-95."""
    import matplotlib

    matplotlib.use("Agg")
    cameras = {line["camera"]: [one for one in lines if one["camera"] == line["camera"]] for line in lines}
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _plot_cost(cameras, folder / "distillation-cost.png"),
        _plot_rows(cameras, folder / "distillation-rows.png"),
    ]


def _colour(line: Line) -> str:
    return "tab:green" if line["row"] == "Lotwise" else "tab:blue" if line["group"] == "peers" else "0.55"


def _plot_cost(cameras: Mapping[str, Sequence[Line]], path: Path) -> Path:
    """Errors by both rules against seconds; only what a user would choose between has its name written beside it."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import ScalarFormatter

    figure, axes = plt.subplots(1, len(cameras), figsize=(7 * len(cameras), 5), squeeze=False)
    for axis, (camera, found) in zip(axes[0], cameras.items(), strict=True):
        shown = [line for line in found if line["group"] in ("untrained", "peers") or line["row"] == "Lotwise"]
        for line in shown:
            seconds = mean(line["seconds"]) if line["seconds"] else 0.0
            for key, marker in (("errors_half_covered", "o"), ("errors_matched", "^")):
                axis.scatter(seconds, mean(line[key]), marker=marker, color=_colour(line), s=45)
            at = (seconds, mean(line["errors_matched"]))
            left = line["group"] == "untrained"
            options = {"ha": "right", "xytext": (-7, -3)} if left else {"xytext": (7, -3)}
            axis.annotate(line["row"], at, fontsize=8, textcoords="offset points", **options)
        longest = max((mean(line["seconds"]) for line in shown if line["seconds"]), default=1.0)
        axis.set(title=f"{camera}: ● half covered   ▲ matched", xlabel="seconds of training on one core")
        axis.set(ylabel="slots wrong", yscale="log", xlim=(-0.6 * longest, 1.6 * longest))
        axis.set_xticks([tick for tick in axis.get_xticks() if 0 <= tick <= 1.2 * longest])
        axis.yaxis.set_major_formatter(ScalarFormatter())
        axis.yaxis.set_minor_formatter(ScalarFormatter())
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path


def _plot_rows(cameras: Mapping[str, Sequence[Line]], path: Path) -> Path:
    """A point a row with its least and most; one column a figure."""
    import matplotlib.pyplot as plt
    from matplotlib.ticker import ScalarFormatter

    figures = (("errors_matched", "slots wrong, matched"), ("agreement", "agreement"), ("map50_95", "mAP50-95"))
    height = 0.22 * max(len(found) for found in cameras.values()) + 1.2
    figure, axes = plt.subplots(len(cameras), len(figures), figsize=(13, height * len(cameras)), squeeze=False)
    for across, (camera, found) in zip(axes, cameras.items(), strict=True):
        for axis, (key, title) in zip(across, figures, strict=True):
            known = [(place, line) for place, line in enumerate(reversed(found)) if None not in line[key]]
            for place, line in known:
                axis.plot([min(line[key]), max(line[key])], [place, place], color=_colour(line), linewidth=1.5)
                axis.plot(mean(line[key]), place, "o", color=_colour(line), markersize=5)
            axis.set_yticks(range(len(found)), [line["row"] for line in reversed(found)] if axis is across[0] else [])
            axis.set_title(f"{camera}: {title}", fontsize=9)
            axis.tick_params(labelsize=7)
            axis.grid(axis="y", linewidth=0.3)
            if key == "errors_matched":
                axis.set_xscale("symlog", linthresh=10)
                axis.xaxis.set_major_formatter(ScalarFormatter())
            axis.set_visible(bool(known))
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
    return path

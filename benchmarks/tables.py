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
    Console(width=210).print(table)


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
    """Slot errors against training seconds, and every row's errors and agreement as bars."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    cameras = list(dict.fromkeys(line["camera"] for line in lines))
    folder.mkdir(parents=True, exist_ok=True)
    figure, axes = plt.subplots(1, len(cameras), figsize=(6 * len(cameras), 4.5), squeeze=False)
    for axis, camera in zip(axes[0], cameras, strict=True):
        for line in (line for line in lines if line["camera"] == camera):
            bold = line["row"] == "Lotwise"
            style = {"color": "tab:green" if bold else "tab:blue" if line["group"] == "peers" else "0.6"}
            seconds = mean(line["seconds"]) if line["seconds"] else 0.0
            for key, marker, rule in (("errors_half_covered", "o", "half covered"), ("errors_matched", "^", "matched")):
                axis.scatter(seconds, mean(line[key]), marker=marker, s=60 if bold else 30, label=rule, **style)
            if line["group"] in ("peers", "untrained", "ours"):
                at = (seconds, mean(line["errors_half_covered"]))
                axis.annotate(line["row"], at, fontsize=7, xytext=(4, 3), textcoords="offset points")
        axis.set(title=camera, xlabel="seconds of training, one core", ylabel="slots wrong")
        axis.set_ylim(bottom=0)
        handles = dict(zip(*reversed(axis.get_legend_handles_labels()), strict=False))
        axis.legend(handles.values(), handles.keys())
    errors = folder / "distillation-cost.png"
    figure.tight_layout()
    figure.savefig(errors, dpi=120)
    plt.close(figure)

    height = 0.24 * len(lines) / len(cameras) + 1.2
    figure, axes = plt.subplots(1, 2 * len(cameras), figsize=(7 * len(cameras), height), squeeze=False)
    for place, camera in enumerate(cameras):
        of_camera = [line for line in lines if line["camera"] == camera][::-1]
        names = [line["row"] for line in of_camera]
        for axis, key, title in (
            (axes[0][2 * place], "errors_matched", f"{camera}: slots wrong, matched"),
            (axes[0][2 * place + 1], "agreement", f"{camera}: agreement with the teacher"),
        ):
            values = [mean(line[key]) for line in of_camera]
            error = [
                [value - min(line[key]) for value, line in zip(values, of_camera, strict=True)],
                [max(line[key]) - value for value, line in zip(values, of_camera, strict=True)],
            ]
            colours = ["tab:green" if name == "Lotwise" else "0.6" for name in names]
            axis.barh(names, values, xerr=error, color=colours)
            axis.set_title(title, fontsize=9)
            axis.tick_params(labelsize=7)
            if key == "agreement":
                axis.set_xlim(left=min(values) - 0.02)
                axis.set_yticklabels([])
    rows = folder / "distillation-rows.png"
    figure.tight_layout()
    figure.savefig(rows, dpi=120)
    plt.close(figure)
    return [errors, rows]

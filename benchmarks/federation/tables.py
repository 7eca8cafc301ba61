"""What the cells come to: a line for each setting and row, on the screen, as a page, as a plot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, pstdev
from textwrap import fill
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.federation.rows import ALONE, AUXILIARY, HALF_ALONE, METHODS, NANO, NEAR, OTHERS, POOLED, TWICE
from lotwise.datasets.whole_file import write_whole

BEGIN, END = "<!-- table: begin -->", "<!-- table: end -->"
ROWS = (NANO, *METHODS, *(row for row in OTHERS if row != NANO))
LINES = {NANO: ":", ALONE: "-", HALF_ALONE: (0, (8, 2)), TWICE: (0, (2, 1)), POOLED: "--", AUXILIARY: "-."}
"""Of a plot: rows that exchange nothing."""
FIGURES = (("private", "slots"), ("private", "map50_95"), ("uniform", "slots"), ("uniform", "map50_95"))
TITLE_WIDTH = 50
"""Characters of a line over a plot."""
PARTS = {"private": "own test frames", "uniform": "all cameras' test frames"}
HEADS = ("slots, own", "mAP50-95, own", "slots, all", "mAP50-95, all")

Line = dict[str, Any]


def lines_of(cells: Sequence[Mapping[str, Any]]) -> list[Line]:
    """One a world, split, number of frames and row, with the figures of all seeds, in the order of ``ROWS``."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for found in cells:
        cell = found["cell"]
        common = tuple(cell[name] for name in ("world", "split", "count", "rounds", "steps"))
        key = (*common, ROWS.index(cell["row"]))
        groups.setdefault((*key, False), []).append(found)
        if NEAR in found:
            groups.setdefault((*key, True), []).append({**found, **found[NEAR], "rounds": []})
    lines = []
    for (world, split, count, rounds, steps, place, near), of_row in sorted(groups.items(), key=lambda item: item[0]):
        line: Line = {"world": world, "split": split, "count": count, "rounds": rounds, "steps": steps}
        row = f"{ROWS[place]}, then {NEAR}" if near else ROWS[place]
        line |= {"row": row, "seeds": [one["cell"]["seed"] for one in of_row]}
        for part, name in FIGURES:
            line[f"{part} {name}"] = [one[part][name] for one in of_row]
        line |= {name: mean(one[name] for one in of_row) for name in ("up", "down", "seconds")}
        line["rounds to target"] = [_first(one["rounds"], _target(found_alone(cells, one))) for one in of_row]
        lines.append(line)
    return lines


def found_alone(cells: Sequence[Mapping[str, Any]], like: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The cell of cameras that train alone, of the same setting and seed."""
    wanted = {**like["cell"], "row": ALONE}
    return next((found for found in cells if found["cell"] == wanted), None)


def _target(alone: Mapping[str, Any] | None) -> float | None:
    return None if alone is None or not alone["rounds"] else alone["rounds"][-1]["map50_95"]


def _first(rounds: Sequence[Mapping[str, Any]], target: float | None) -> int | None:
    """The first round in which own frames are found as well as by training alone to the end."""
    if target is None:
        return None
    return next((number for number, one in enumerate(rounds, 1) if one["map50_95"] >= target - 1e-9), None)


def shown(values: Sequence[float | None]) -> str:
    """Mean, and the standard deviation over seeds."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    spread = f" ± {pstdev(known):.3f}" if len(known) > 1 else ""
    return f"{mean(known):.3f}{spread}"


def kilobytes(count: float) -> str:
    return "0" if count < 100 else f"{count / 1000:,.0f} kB"


def setting(line: Line) -> str:
    """What a table is of, in words."""
    kind = "each camera its own frames" if line["split"] == "own" else f"Dirichlet, alpha {line['split']}"
    length = f"{line['rounds']} rounds of {line['steps']} steps"
    return f"{line['world']}, {line['count']} frames a node, {kind}, {length}"


def row_cells(line: Line) -> list[str]:
    target = [number for number in line["rounds to target"] if number is not None]
    reached = ""
    if target and line["row"] not in (NANO, POOLED):
        reached = f"{mean(target):.1f}" + ("" if len(target) == len(line["seeds"]) else f" ({len(target)} seeds)")
    return [
        line["row"],
        *(shown(line[f"{part} {name}"]) for part, name in FIGURES),
        kilobytes(line["up"]),
        kilobytes(line["down"]),
        f"{line['seconds']:.0f}",
        reached,
        str(len(line["seeds"])),
    ]


COLUMNS = ("", *HEADS, "up", "down", "CPU s", "rounds to alone", "seeds")


def show(console: Console, lines: Sequence[Line]) -> None:
    for name in dict.fromkeys(map(setting, lines)):
        table = Table(title=name)
        for column in COLUMNS:
            table.add_column(column)
        for line in lines:
            if setting(line) == name:
                table.add_row(*row_cells(line))
        console.print(table)


def write_markdown(path: Path, lines: Sequence[Line]) -> None:
    """Put the tables between the page's marks."""
    parts = []
    for name in dict.fromkeys(map(setting, lines)):
        own = [line for line in lines if setting(line) == name]
        parts += [f"**{name[0].upper()}{name[1:]}**", ""]
        parts += ["| " + " | ".join(COLUMNS) + " |", "|---" + "|---:" * (len(COLUMNS) - 1) + "|"]
        parts += ["| " + " | ".join(row_cells(line)) + " |" for line in own] + [""]
    text = path.read_text(encoding="utf-8")
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    write_whole(path, f"{before}{BEGIN}\n{chr(10).join(parts)}{END}{after}".encode())


def plot(path: Path, lines: Sequence[Line]) -> None:
    """mAP50-95 against bytes that a node sends and gets in a round, own frames and all cameras'."""
    from matplotlib.figure import Figure

    names = list(dict.fromkeys(map(setting, lines)))
    figure = Figure(figsize=(11, 3.6 * len(names)), layout="constrained")
    axes = figure.subplots(len(names), 2, squeeze=False)
    for pair, name in zip(axes, names, strict=True):
        own = [line for line in lines if setting(line) == name]
        for axis, (part, title) in zip(pair, PARTS.items(), strict=True):
            for line in own:
                values = [value for value in line[f"{part} map50_95"] if value is not None]
                if not values:
                    continue
                if line["row"] in LINES:
                    axis.axhline(mean(values), linestyle=LINES[line["row"]], color="0.4", label=line["row"])
                elif (traffic := (line["up"] + line["down"]) / 1000) > 0:
                    axis.errorbar(traffic, mean(values), pstdev(values), fmt="o", capsize=3, label=line["row"])
            axis.set_xscale("log")
            axis.set_title(fill(f"{name}: {title}", TITLE_WIDTH), fontsize=9)
            axis.set(xlabel="kB a node and round, up and down", ylabel="mAP50-95")
        pair[1].legend(fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)

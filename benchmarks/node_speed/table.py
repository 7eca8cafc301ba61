"""What came of ``compare.py`` as text: a row a system, the targets, and where the time of a frame goes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.node_speed.systems import AUTO, FLOAT, INT8, System

COLUMNS = {
    "frames_per_s": ("frames/s", 1),
    "latency_p50_ms": ("p50 ms", 0),
    "latency_p99_ms": ("p99 ms", 0),
    "cpu_ms": ("CPU ms a frame", 1),
    "pss_mb": ("memory MB (PSS)", 0),
    "rss_mb": ("RSS MB", 0),
    "first_s": ("first result s", 1),
    "all_s": ("of all cameras s", 1),
    "told_s": ("all told s", 1),
}
FASTER_THAN = (
    ("pt", "Ultralytics .pt", 4.0),
    ("onnx", "Ultralytics ONNX", 2.0),
    ("openvino", "Ultralytics OpenVINO", 2.0),
)
"""Factors by which the node shall be faster at one size, by the format of Ultralytics."""
FASTER_THAN_FULL, FASTER_THAN_SAME = 3.0, 1.6
"""With students of reduced sizes: than Ultralytics at the full size, and than Ultralytics at their sizes."""
MEMORY_MB, FIRST_S, ACCURACY = 600.0, 3.0, 0.005


@dataclass(frozen=True)
class Row:
    """A system's figures.

    Attributes:
        rounds: of each round, what its process found.
        right, slots: slot readings on the real frames that were right, and all.
        agreement: F1 of its boxes with those of the float student.
    """

    system: System
    rounds: Sequence[Mapping[str, Any]]
    right: int | None = None
    slots: int | None = None
    agreement: float | None = None

    def values(self, column: str) -> list[float]:
        return [found.get(column, math.nan) for found in self.rounds]

    @property
    def accuracy(self) -> float | None:
        return self.right / self.slots if self.slots and self.right is not None else None


@dataclass(frozen=True)
class Target:
    """Something that shall be reached, and what was."""

    what: str
    wanted: str
    found: str
    reached: bool


def spread(values: Sequence[float], digits: int) -> str:
    """Median, and least to most where they differ; a dash where there is nothing.

    >>> spread([1.0, 3.0, 2.0], 1), spread([1.01, 1.02], 1), spread([math.nan], 0)
    ('2.0 (1.0 - 3.0)', '1.0', '-')
    """
    known = [value for value in values if not math.isnan(value)]
    if not known:
        return "-"
    low, high = f"{min(known):.{digits}f}", f"{max(known):.{digits}f}"
    middle = f"{median(known):.{digits}f}"
    return middle if low == high else f"{middle} ({low} - {high})"


def headings() -> list[str]:
    return ["system", "detected", *(heading for heading, _ in COLUMNS.values()), "slots right", "agreement"]


def cells(row: Row) -> list[str]:
    looked = sum(row.values("frames"))
    detected = sum(row.values("detected"))
    accuracy = row.accuracy
    return [
        row.system.name,
        f"{detected / looked:.0%}" if looked else "-",
        *(spread(row.values(column), digits) for column, (_, digits) in COLUMNS.items()),
        "-" if accuracy is None else f"{accuracy:.4f} ({row.right}/{row.slots})",
        "-" if row.agreement is None else f"{row.agreement:.3f}",
    ]


def targets(rows: Sequence[Row]) -> list[Target]:
    """What the node shall reach, as far as its rows are there; of Ultralytics the best row counts."""
    found: list[Target] = []
    mine = next((row for key in (AUTO, INT8) for row in rows if row.system.key == key), None)
    if mine is None:
        return []
    full = [row for row in rows if row.system.ultralytics and row.system.run == "full"]
    same = [row for row in rows if row.system.ultralytics and row.system.run == "run"]
    if full:
        found += _faster(mine, full, "Ultralytics at the full size", FASTER_THAN_FULL)
        found += _faster(mine, same, "Ultralytics at the same size", FASTER_THAN_SAME)
    else:
        for kind, name, factor in FASTER_THAN:
            found += _faster(mine, [row for row in same if row.system.ultralytics == kind], name, factor)
    most, first, every = (max(mine.values(column)) for column in ("pss_mb", "first_s", "all_s"))
    found.append(Target("peak memory, MB", f"< {MEMORY_MB:g}", f"{most:.0f}", most < MEMORY_MB))
    found.append(Target("start to first result, s", f"< {FIRST_S:g}", f"{first:.2f}", first < FIRST_S))
    found.append(Target("start to a result of every camera, s", f"< {FIRST_S:g}", f"{every:.2f}", every < FIRST_S))
    exact = next((row for key in (f"{FLOAT}-full", FLOAT) for row in rows if row.system.key == key), None)
    if exact is not None and exact.accuracy is not None and mine.accuracy is not None:
        lost = exact.accuracy - mine.accuracy
        wanted = f"<= {100 * ACCURACY:g}"
        what = "slots right, points under float" + (" at the full size" if exact.system.run == "full" else "")
        found.append(Target(what, wanted, f"{100 * lost:.2f}", lost <= ACCURACY))
    return found


def _faster(mine: Row, others: Sequence[Row], name: str, factor: float) -> list[Target]:
    best = max((median(row.values("frames_per_s")) for row in others), default=0.0)
    if not best:
        return []
    ratio = median(mine.values("frames_per_s")) / best
    return [Target(f"{mine.system.name} / {name}", f">= {factor:g}", f"{ratio:.2f}", ratio >= factor)]


def refused(rows: Sequence[Row]) -> list[str]:
    """Sentences on frames that a row did not detect although it has no change_detection: they would flatter it."""
    return [
        f"{row.system.name}: {sum(row.values('refused')):.0f} of {sum(row.values('frames')):.0f} frames were refused "
        "by view health and not detected"
        for row in rows
        if sum(row.values("refused"))
    ]


def profile_lines(parts: Mapping[str, Sequence[float]]) -> list[list[str]]:
    """Part, milliseconds by the clock, and of them those its worker itself computed, longest first."""
    return [[part, f"{wall:.2f}", f"{own:.2f}"] for part, (wall, own) in sorted(parts.items(), key=lambda p: -p[1][0])]


PROFILE = ("part of the loop", "ms", "its worker's own ms")


def show(console: Console, title: str, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    table = Table(title=title)
    for place, heading in enumerate(head):
        table.add_column(heading, justify="right" if place else "left")
    for line in lines:
        table.add_row(*line)
    console.print(table)


def markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = "|".join(["---", *["---:"] * (len(head) - 1)])
    return "\n".join(f"|{line}|" for line in [" | ".join(head), rule, *(" | ".join(line) for line in lines)]) + "\n"

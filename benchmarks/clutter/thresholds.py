"""Rules for a camera's threshold against each other, on students that ``measure.py`` has trained; nothing is trained.

python benchmarks/clutter/thresholds.py --json docs/clutter-thresholds.json
python benchmarks/clutter/thresholds.py --work runs/clutter --places "yard, mid" --rows default

Every rule sees what the pipeline sees: the student's boxes on the frames held out of its clip, and what the teacher
has taught there. Each is measured on the test frames with truth, as all figures of ``measure.py``.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.clutter.cell import Job, job_of, read_outcome
from benchmarks.clutter.judged import tuned_by
from benchmarks.clutter.measure import machine, rule_of
from benchmarks.clutter.scores import Counts, count
from benchmarks.distillation.compare import slug
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.pipeline.expected_f1 import MAX_THRESHOLD, MIN_THRESHOLD, PLATEAU, Judged, choose_threshold, judge

Rule = Callable[[Judged], float]
GRID = np.round(np.arange(MIN_THRESHOLD, MAX_THRESHOLD + 0.005, 0.01), 2)


def f_beta(judged: Judged, threshold: float, beta: float) -> float:
    """Expected F-beta of the boxes from a score up: recall counts beta times as much as precision."""
    kept = judged.scores >= threshold
    total = float(kept.sum()) + beta**2 * judged.expected
    return (1 + beta**2) * float(judged.probability[kept].sum()) / total if total else 1.0


def nearest(beta: float, plateau: float = PLATEAU) -> Rule:
    """Of the thresholds around that of best F-beta which are as good, the one nearest to the usual one."""
    return lambda judged: float(np.clip(DEFAULT_CONFIDENCE, *_plateau(judged, beta, plateau)))


def lowest(beta: float, plateau: float = PLATEAU) -> Rule:
    """Of the thresholds around that of best F-beta which are as good, the lowest, but none below the usual one."""
    return lambda judged: max(_plateau(judged, beta, plateau)[0], DEFAULT_CONFIDENCE)


def best(judged: Judged) -> float:
    return float(GRID[int(np.argmax([f_beta(judged, one, 1) for one in GRID]))])


def recall_kept(points: float) -> Rule:
    """The highest threshold, from the usual one up, that loses at most so much of the usual one's expected recall."""

    def rule(judged: Judged) -> float:
        def found(threshold: float) -> float:
            return float(judged.probability[judged.scores >= threshold].sum()) / max(judged.expected, 1e-9)

        least = found(DEFAULT_CONFIDENCE) - points
        allowed = [one for one in GRID if one >= DEFAULT_CONFIDENCE and found(one) >= least]
        return float(max(allowed, default=DEFAULT_CONFIDENCE))

    return rule


def _plateau(judged: Judged, beta: float, plateau: float) -> tuple[float, float]:
    if not judged.frames or not judged.expected:
        return DEFAULT_CONFIDENCE, DEFAULT_CONFIDENCE
    worth = np.array([f_beta(judged, one, beta) for one in GRID])
    good = worth >= worth.max() - plateau
    first = last = int(worth.argmax())
    while first > 0 and good[first - 1]:
        first -= 1
    while last < len(GRID) - 1 and good[last + 1]:
        last += 1
    return float(GRID[first]), float(GRID[last])


RULES: Mapping[str, Rule] = {
    "0.25 for all": lambda judged: DEFAULT_CONFIDENCE,
    "as deployed": choose_threshold,
    "F1, nearest to 0.25 within 0.01": nearest(1.0),
    "F1, the best": best,
    "F1, lowest from 0.25 up within 0.02": lowest(1.0, 0.02),
    "F1.25, nearest within 0.01": nearest(1.25),
    "F1.5, nearest within 0.01": nearest(1.5),
    "F2, nearest within 0.01": nearest(2.0),
    "expected recall kept within 0.005": recall_kept(0.005),
    "expected recall kept within 0.01": recall_kept(0.01),
    "expected recall kept within 0.02": recall_kept(0.02),
}


def finished(work: Path, rows: Sequence[str], places: Sequence[str]) -> Iterator[tuple[Path, Job]]:
    """Cells that are done, with their folders; of all places where none is named."""
    for row in rows:
        for path in sorted((work / slug(row)).glob("*/result.json")):
            job = job_of(json.loads(path.read_text())["job"])
            if not places or job.place.group in places:
                yield path.parent, job


def compared(folder: Path, job: Job, asked: argparse.Namespace) -> dict[str, Any] | None:
    """What each rule makes of one cell's student; None where it was tuned by nothing."""
    outcome, tuned = read_outcome(folder, job), tuned_by(folder)
    if outcome is None or not tuned.frames:
        return None
    judged, calibration = judge(tuned.frames), tuned.calibration
    read = rule_of(job.place, job.world, asked)
    figures = {}
    for name, rule in RULES.items():
        raw = np.array([rule(judged)] * 2, np.float32)
        raw[1] = min(raw[1], DEFAULT_CONFIDENCE)
        boxes, slots = (calibration(raw) if calibration else raw).tolist()
        counts = count(job.place, outcome.said, boxes, read, slots)
        expected = judged.f1(float(raw[0]))
        figures[name] = {"raw": float(raw[0]), "expected_f1": expected, "counts": {**vars(counts), "on": counts.on}}
    return {"row": job.row, "group": job.place.group, "place": job.place.name, "seed": job.place.seed, "rules": figures}


def lines_of(cells: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Per row, group and rule the figures of the sums over all cells."""
    lines = []
    for row, group in dict.fromkeys((cell["row"], cell["group"]) for cell in cells):
        inside = [cell for cell in cells if (cell["row"], cell["group"]) == (row, group)]
        for rule in RULES:
            total = sum((Counts(**cell["rules"][rule]["counts"]) for cell in inside), Counts())
            raw = [cell["rules"][rule]["raw"] for cell in inside]
            lines.append(
                {"row": row, "group": group, "rule": rule, "cells": len(inside), "raw": raw, **total.figures()}
            )
    return lines


def show(lines: Sequence[Mapping[str, Any]]) -> None:
    table = Table(title="rules for the threshold, sums over all cells")
    for heading in ("row", "place", "cells", "rule", "raw thresholds", "precision", "recall", "furniture / 100",
                    "slots wrong %"):  # fmt: skip
        table.add_column(heading)
    for line in lines:
        shares = ["-" if line[key] is None else f"{line[key]:.3f}" for key in ("precision", "recall")]
        furniture = "-" if line["furniture"] is None else f"{line['furniture']:.0f}"
        slots = "-" if line["slots_right"] is None else f"{100 - 100 * line['slots_right']:.2f}"
        raw = f"{min(line['raw']):.2f} - {max(line['raw']):.2f}"
        table.add_row(line["row"], line["group"], str(line["cells"]), line["rule"], raw, *shares, furniture, slots)
    Console(width=180).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("runs/clutter"), help="of measure.py")
    parser.add_argument("--rows", nargs="+", default=["default"])
    parser.add_argument(
        "--places", nargs="*", default=[], help="names of groups; all that are done where none is given"
    )
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    asked.work = asked.work.resolve()
    cells = [
        cell
        for folder, job in finished(asked.work, asked.rows, asked.places)
        if (cell := compared(folder, job, asked)) is not None
    ]
    lines = lines_of(cells)
    show(lines)
    if asked.json:
        asked.json.write_text(json.dumps({"machine": machine(), "lines": lines, "cells": cells}, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Table and plot of a simulated year, from the lines that year.py has written.

python benchmarks/retraining/figures.py year.jsonl --json docs/retraining.json --plot docs/retraining.png
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np

from benchmarks.retraining.calendar import SEASON_OF, SEASONS, YEAR

Row = dict[str, Any]
ORDER = ("no adaptation", "once", "continuous", "continuous without replay", "teacher")
COLOURS = dict(zip(ORDER, ("#7a6f60", "#3b7dd8", "#00775c", "#d0452f", "#6251b8"), strict=True))


def share(rows: Sequence[Row], part: str = "slots_right", whole: str = "slots", times: int = 1) -> float:
    """Of all these rows together."""
    total = sum(row[whole] for row in rows)
    return times * sum(row[part] for row in rows) / total if total else float("nan")


def of_seeds(rows: Sequence[Row], figure: Callable[[Sequence[Row]], float]) -> dict[str, float]:
    """Mean over the seeds, and the spread: half of what lies between the least and the largest."""
    seeds = sorted({row["seed"] for row in rows})
    found = [figure([row for row in rows if row["seed"] == seed]) for seed in seeds]
    return {"mean": round(float(np.mean(found)), 4), "spread": round((max(found) - min(found)) / 2, 4)}


def table(rows: Sequence[Row]) -> dict[str, Any]:
    """Figures of each strategy."""
    content: dict[str, Any] = {}
    for name in ORDER:
        own = [row for row in rows if row["strategy"] == name]
        if not own:
            continue
        days, after = ([row for row in own if row["kind"] == kind] for kind in ("day", "after"))
        retrained = [row for row in own if row["kind"] == "retraining"]
        seeds = len({row["seed"] for row in own})
        content[name] = {
            "seeds": seeds,
            "year": of_seeds(days, share),
            "year_boxes_f1": of_seeds(days, lambda some: share(some, "boxes_same", "boxes", 2)),
            "afterwards": of_seeds(after, share),
            "afterwards_boxes_f1": of_seeds(after, lambda some: share(some, "boxes_same", "boxes", 2)),
            "seasons": {
                season: of_seeds([row for row in days if SEASON_OF[row["day"]] == season], share)
                for season, _ in SEASONS
            },
            "teacher_looks": sum(row.get("looked", 0) for row in own) / seeds,
            "cpu_s": round(sum(row.get("cpu_s", 0.0) for row in own) / seeds, 1),
            "outcomes": {
                word: sum(row["word"] == word for row in retrained)
                for word in sorted({row["word"] for row in retrained})
            },
        }
    return content


def plot(rows: Sequence[Row], path: Path) -> None:
    """Slots read rightly, day by day, and on days like the first ones afterwards."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(11, 4.6))
    for name in ORDER:
        own = [row for row in rows if row["strategy"] == name]
        if not own:
            continue
        by_day = [share([row for row in own if row["kind"] == "day" and row["day"] == day]) for day in range(len(YEAR))]
        style = {"lw": 2.4} if name == "continuous" else {"lw": 1.4, "ls": "--" if name == "teacher" else "-"}
        axes.plot(range(len(YEAR)), by_day, color=COLOURS[name], label=name, **style)
        after = share([row for row in own if row["kind"] == "after"])
        axes.plot(len(YEAR) + 1, after, "o", color=COLOURS[name])
    at = 0
    for number, (season, days) in enumerate(SEASONS):
        if number % 2:
            axes.axvspan(at - 0.5, at + len(days) - 0.5, color="#eef0ea", zorder=0)
        axes.text(at + (len(days) - 1) / 2, 1.005, season, ha="center", fontsize=9, color="#5c6763")
        at += len(days)
    axes.set_xticks([*range(len(YEAR)), len(YEAR) + 1], [*YEAR, "like the\nfirst days"], rotation=60, fontsize=8)
    axes.get_xticklabels()[-1].set_rotation(0)
    axes.set_ylabel("slots read rightly")
    axes.set_ylim(0.3, 1.0)
    axes.grid(axis="y", color="#e2e2da")
    axes.legend(loc="lower right", fontsize=8, ncols=2)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=Path)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    asked = parser.parse_args()
    rows = [json.loads(line) for line in asked.lines.read_text().splitlines()]
    content = table(rows)
    for name, found in content.items():
        seasons = "  ".join(f"{season} {of['mean']:.3f}" for season, of in found["seasons"].items())
        year, after, cost = found["year"], found["afterwards"]["mean"], found["cpu_s"]
        print(f"{name:26} year {year['mean']:.3f} ± {year['spread']:.3f}  after {after:.3f}  {seasons}")
        print(f"{'':26} teacher looks {found['teacher_looks']:.0f}  CPU {cost:.0f} s  {found['outcomes']}")
    if asked.json is not None:
        asked.json.write_text(json.dumps(content, indent=1) + "\n")
    if asked.plot is not None:
        plot(rows, asked.plot)


if __name__ == "__main__":
    main()

"""How well the verdict tells bad camera-days from good ones, against each single signal and published predictors.

python benchmarks/trust/measure.py samples.jsonl [more.jsonl …] [--json trust.json] [--plot trust.png]
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy.stats import spearmanr

from benchmarks.trust.days import Day, days_of
from benchmarks.trust.rows import Floats, read_rows, without
from lotwise.cameras.site.trust import TrustSettings
from lotwise.cameras.trust.signals.frame_signals import SIGNALS

BAD_ERROR = 0.10
"""Share of slots read wrongly from which on a day is bad: the accuracy under which the verdict asks for retraining."""
FALSE_ALARMS = 0.10
"""Share of good days that may be called bad."""


def caught(scores: Floats, bad: np.ndarray, most: float = FALSE_ALARMS) -> float:
    """Share of bad days above the threshold that at most this share of good days exceeds."""
    good = np.sort(scores[~bad])[::-1]
    if not bad.any():
        return float("nan")
    threshold = good[int(np.floor(most * len(good)))] if len(good) else -np.inf
    return float((scores[bad] > threshold).mean())


def predictors(days: Sequence[Day]) -> dict[str, Floats]:
    """Scores of every day by what gives them, larger for worse; only those that every day has."""
    found = {
        "the verdict's estimate": np.array([day.estimate for day in days]),
        "the same, other cameras' fit": np.array([day.others for day in days]),
    }
    looked = np.array([day.looked for day in days])
    if not np.isnan(looked).any():
        found["the verdict's estimate, with a teacher's look at one frame"] = looked
    for name in days[0].scores:
        values = np.array([day.scores.get(name, np.nan) for day in days])
        if not np.isnan(values).any():
            found[name] = values
    return found


def figures(days: Sequence[Day]) -> dict[str, Any]:
    """Rank correlation, bad days caught, and how often the interval holds."""
    truth = np.array([day.truth for day in days])
    bad = truth > BAD_ERROR
    table = {
        name: {"spearman": _spearman(scores, truth), "caught": caught(scores, bad)}
        for name, scores in predictors(days).items()
    }
    settings = TrustSettings()
    estimate = np.array([day.estimate for day in days])
    inside = np.mean([day.low <= day.truth <= day.high for day in days])
    with_teacher = [day for day in days if not np.isnan(day.teacher)]
    teacher = np.mean([day.low <= day.teacher <= day.high for day in with_teacher]) if with_teacher else float("nan")
    return {
        "days": len(days),
        "bad": int(bad.sum()),
        "frames": sum(day.frames for day in days),
        "predictors": table,
        "interval holds, truth": float(inside),
        "interval holds, teacher": float(teacher),
        "median width": float(np.median([day.high - day.low for day in days])),
        "mean absolute error": float(np.abs(estimate - truth).mean()),
        "verdict retrain or cannot tell": {
            "of bad days": float((estimate[bad] > 1 - settings.bad).mean()) if bad.any() else None,
            "of good days": float((estimate[~bad] > 1 - settings.bad).mean()) if (~bad).any() else None,
        },
        "verdict not good": {
            "of bad days": float((estimate[bad] > 1 - settings.good).mean()) if bad.any() else None,
            "of good days": float((estimate[~bad] > 1 - settings.good).mean()) if (~bad).any() else None,
        },
    }


def _spearman(scores: Floats, truth: Floats) -> float:
    return float(spearmanr(scores, truth)[0]) if len(set(scores.tolist())) > 1 else 0.0


def _listed(day: Day) -> dict[str, Any]:
    names = ("world", "day", "frames", "truth", "teacher", "estimate", "low", "high", "others")
    return {name: _rounded(getattr(day, name)) for name in names}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, float):
        return None if np.isnan(value) else round(value, 4)
    return value


def show(title: str, found: dict[str, Any]) -> None:
    table = Table(title=f"{title}: {found['days']} camera-days, {found['bad']} bad, {found['frames']} frames")
    for heading in ("predictor", "Spearman", f"bad days caught at {FALSE_ALARMS:.0%} false alarms"):
        table.add_column(heading)
    for name, one in sorted(found["predictors"].items(), key=lambda pair: -pair[1]["spearman"]):
        table.add_row(name, f"{one['spearman']:.2f}", f"{one['caught']:.0%}")
    console = Console(width=120)
    console.print(table)
    console.print({name: value for name, value in found.items() if name != "predictors"})


def plot(days: Sequence[Day], path: Path) -> None:
    """Estimated error with its interval over the true one; days of a bad view apart."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for rendered, colour, label in ((False, "tab:blue", "real frames"), (True, "tab:orange", "rendered year")):
        own = [day for day in days if day.rendered == rendered]
        told = [day for day in own if day.high - day.low < 1]
        truth, estimate = [day.truth for day in told], [day.estimate for day in told]
        ends = np.array([[day.estimate - day.low, day.high - day.estimate] for day in told]).T
        axes.errorbar(
            truth, estimate, ends, fmt="o", color=colour, ecolor=colour, alpha=0.35, label=label, elinewidth=0.7
        )
        bad = [day.truth for day in own if day.high - day.low >= 1]
        axes.plot(bad, [1.0] * len(bad), "x", color=colour, label=f"{label}, cannot tell: bad view" if bad else None)
    axes.plot([0, 1], [0, 1], color="grey", linewidth=0.8)
    axes.axvline(BAD_ERROR, color="grey", linestyle=":")
    axes.set_xlabel("share of slots read wrongly, by the truth")
    axes.set_ylabel("estimated, with its interval")
    axes.legend(loc="lower right", fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("samples", type=Path, nargs="+")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--without", nargs="+", default=[], choices=SIGNALS, help="as if these were not measured")
    parser.add_argument("--plot", type=Path, help="draw estimated over true error")
    asked = parser.parse_args()
    days = list(days_of(without(read_rows(asked.samples), asked.without)))
    groups = {
        "all": days,
        "rendered, days of a year": [day for day in days if day.rendered],
        "rendered, students": [day for day in days if day.rendered and day.world.endswith("student")],
        "real": [day for day in days if not day.world.startswith("year")],
    }
    found = {name: figures(of_group) for name, of_group in groups.items() if len(of_group) > 3}
    for name, one in found.items():
        show(name, one)
    if asked.plot:
        plot(days, asked.plot)
    if asked.json:
        machine = {"machine": platform.machine(), "cores": os.cpu_count(), "without": asked.without}
        content = {**machine, "groups": _rounded(found), "days": [_listed(day) for day in days]}
        asked.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()

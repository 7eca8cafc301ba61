"""How often the gate of a retraining refuses a student that is as good as the live one, and one that is worse.

python benchmarks/retraining/chance.py [--json retraining-chance.json]

Made-up readings of 40 slots, of which the live bundle reads 95 % as the teacher. Slots are unlike each other in how
hard they are, and frames too, for both bundles alike. *Independent*: beyond that, each reading is wrong by chance.
*Together*: each bundle has slots of its own that it reads wrongly on most frames, and frames of its own that it reads
worse, as real students have. No bundle is run.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy.special import expit

from lotwise.students.retraining.chance import chance_of_loss
from lotwise.students.retraining.compare import CHANCE, FORGOTTEN, worse

Floats = NDArray[np.float64]

SLOTS, ERROR, REPEATS = 40, 0.05, 1000
FRAMES = (3, 10, 30)
WORSE = (0.0, 0.01, 0.03, 0.05, 0.1)
"""Points by which the new bundle's error is larger."""
HARD_SLOT, HARD_FRAME = 1.2, 0.4
"""Spread of what makes a slot or a frame hard for both bundles, in logits. Chosen."""
TOGETHER = {"independent": (0.0, 0.0), "together": (1.5, 0.3)}
"""The same of what is one bundle's own, of its slots and of its frames. Chosen."""


def flat(gains: Floats) -> bool:
    """The rule before: one slot in a hundred, whatever that is of so few."""
    return float(gains.mean()) < -0.01


def each_reading(gains: Floats) -> bool:
    return chance_of_loss(gains.ravel()) < CHANCE


def each_frame(gains: Floats) -> bool:
    return chance_of_loss(gains.sum(axis=1)) < CHANCE


def as_deployed(gains: Floats) -> bool:
    return worse(-float(gains.mean()), FORGOTTEN, chance_of_loss(gains.sum(axis=0)))


def at_ten(gains: Floats) -> bool:
    return float(gains.mean()) < -FORGOTTEN and chance_of_loss(gains.sum(axis=0)) < 0.1


RULES: Mapping[str, Callable[[Floats], bool]] = {
    "flat hundredth": flat,
    "signs of readings": each_reading,
    "signs of frames": each_frame,
    "signs of slots, the gate's": as_deployed,
    "the same at 10 %": at_ten,
}


def refused(frames: int, points: float, own: tuple[float, float], rng: np.random.Generator) -> dict[str, float]:
    """Share of made-up pairs that each rule refuses."""
    levels = _level(ERROR, own[0]), _level(ERROR + points, own[0])
    count = dict.fromkeys(RULES, 0)
    for _ in range(REPEATS):
        hard = HARD_FRAME * rng.standard_normal((frames, 1)) + HARD_SLOT * rng.standard_normal(SLOTS)
        live, new = (
            rng.random((frames, SLOTS))
            < expit(level + hard + own[0] * rng.standard_normal(SLOTS) + own[1] * rng.standard_normal((frames, 1)))
            for level in levels
        )
        gains = live.astype(np.float64) - new
        for name, rule in RULES.items():
            count[name] += rule(gains)
    return {name: found / REPEATS for name, found in count.items()}


def _level(error: float, own: float) -> float:
    """Logit at which the mean error over slots and frames is this."""
    spread = np.sqrt(HARD_SLOT**2 + HARD_FRAME**2 + own**2) * np.random.default_rng(0).standard_normal(20000)
    low, high = -12.0, 2.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if float(expit(middle + spread).mean()) < error else (low, middle)
    return low


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    rng, lines = np.random.default_rng(0), list[dict[str, object]]()
    for name, own in TOGETHER.items():
        for frames in FRAMES:
            for points in WORSE:
                found = refused(frames, points, own, rng)
                lines.append({"readings": name, "frames": frames, "worse": points, **found})
    table = Table(title=f"share refused of {REPEATS} pairs")
    for heading in lines[0]:
        table.add_column(heading)
    for line in lines:
        table.add_row(*(str(value) for value in line.values()))
    Console(width=140).print(table)
    if asked.json:
        asked.json.write_text(json.dumps({"repeats": REPEATS, "slots": SLOTS, "rows": lines}, indent=1) + "\n")


if __name__ == "__main__":
    main()

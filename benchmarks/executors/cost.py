"""What cameras side by side cost beside one after the other: the same small cameras adapted by the command line.

python benchmarks/executors/cost.py [--cameras 4] [--rounds 3] [--steps 40] [--size 320] [--json docs/executors.json]

The frames are rendered, teacher and nano are the embedded ones, every process has one thread. Each way begins with an
empty run folder; in each round the ways come in another order. A machine that does something else meanwhile tells
nothing by the clock: its load is written beside the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table

from benchmarks.executors.spending import PARTS, Spent, spending
from benchmarks.node_speed.machine import machine
from lotwise.datasets.synthetic import render_site
from lotwise.students.pretrained import NANO, TEACHER

DAYS, FRAMES_PER_DAY, WIDTH_PX, HEIGHT_PX, SITE_SEED = 3, 4, 640, 480, 7
HOLDOUT = 0.34
"""Share of the frames that is measured on: one of the three days."""
WAYS: Mapping[str, tuple[str, ...]] = {
    "one process": (),
    "local, 1 worker": ("--executor", "local", "--workers", "1"),
    "local, 2 workers": ("--executor", "local", "--workers", "2"),
    "Ray, 2 workers": ("--executor", "ray", "--workers", "2"),
}
BASE = "one process"


@dataclass(frozen=True)
class Sizes:
    """What is adapted.

    Attributes:
        cameras: of the rendered site.
        steps: training steps of each camera's student.
        size: longer side of the input of teacher and student, in pixels.
        seed: of the students, and of the order of the ways.
    """

    cameras: int = 4
    steps: int = 40
    size: int = 320
    seed: int = 0


def adapt_command(folder: Path, way: str, sizes: Sizes) -> list[str]:
    """The command line of one way, on the frames in a folder and into its ``run``."""
    return [
        sys.executable, "-m", "lotwise", "adapt", "--dataset", "synthetic", "--root", str(folder / "frames"),
        "--teacher", str(TEACHER), "--student", str(NANO), "--scales", str(sizes.size), "--size", str(sizes.size),
        "--seed", str(sizes.seed), "--holdout", str(HOLDOUT), "--settings", str(folder / "settings.yaml"),
        "--out", str(folder / "run"), *WAYS[way],
    ]  # fmt: skip


def measure(folder: Path, sizes: Sizes, rounds: int, ways: Sequence[str] = tuple(WAYS)) -> list[dict[str, Any]]:
    """Every way in every round: what it spent, and the load of the machine before it began.

    Raises:
        RuntimeError: a command failed.
    """
    render_site(
        folder / "frames",
        cameras=sizes.cameras,
        days=DAYS,
        frames_per_day=FRAMES_PER_DAY,
        width=WIDTH_PX,
        height=HEIGHT_PX,
        seed=SITE_SEED,
    )
    steps = f"min_steps: {sizes.steps}, max_steps: {sizes.steps}"
    (folder / "settings.yaml").write_text(f"{{{steps}, batch: 2, export: {{int8: false}}}}\n")
    environment = os.environ | {"OMP_NUM_THREADS": "1", "YOLO_OFFLINE": "true", "NO_ALBUMENTATIONS_UPDATE": "1"}
    order, found = random.Random(sizes.seed), list[dict[str, Any]]()
    for number in range(rounds):
        for way in order.sample(ways, len(ways)):
            shutil.rmtree(folder / "run", ignore_errors=True)
            load = os.getloadavg()[0]
            spent = spending(adapt_command(folder, way, sizes), environment, folder / "log")
            if spent.code:
                raise RuntimeError(f"{way}: exit code {spent.code}: {(folder / 'log').read_text()[-2000:]}")
            found.append({"way": way, "round": number, "load_before": round(load, 1), **_rounded(spent)})
            print(found[-1], flush=True)
    return found


def _rounded(spent: Spent) -> dict[str, Any]:
    memory = {part: round(held / 1e6) for part, held in spent.memory.items()}
    cpu = {part: round(seconds, 2) for part, seconds in spent.cpu_s.items()}
    return {"seconds": round(spent.seconds, 2), "cpu_s": cpu, "all_cpu_s": round(spent.all_cpu_s, 2), "mb": memory}


def summary(found: Sequence[Mapping[str, Any]], cameras: int) -> list[dict[str, Any]]:
    """A row for each way that was measured: medians over its rounds, with the least and the most of time.

    ``more_cpu_s_a_camera`` is processor time beyond that of one process, divided by the cameras; None where one
    process was not measured.
    """
    ways = [way for way in WAYS if any(one["way"] == way for one in found)]
    base = [one["all_cpu_s"] for one in found if one["way"] == BASE]
    rows = []
    for way in ways:
        of_way = [one for one in found if one["way"] == way]
        clock, cpu = [one["seconds"] for one in of_way], [one["all_cpu_s"] for one in of_way]
        more = (statistics.median(cpu) - statistics.median(base)) / cameras if base else None
        rows.append(
            {
                "way": way,
                "rounds": len(of_way),
                "seconds": [round(value, 1) for value in (statistics.median(clock), min(clock), max(clock))],
                "all_cpu_s": [round(value, 1) for value in (statistics.median(cpu), min(cpu), max(cpu))],
                "cpu_s": {part: round(statistics.median(one["cpu_s"][part] for one in of_way), 1) for part in PARTS},
                "mb": {part: max(one["mb"][part] for one in of_way) for part in PARTS},
                "more_cpu_s_a_camera": None if more is None else round(more, 1),
            }
        )
    return rows


def table(rows: Sequence[Mapping[str, Any]], cameras: int) -> Table:
    result = Table(title=f"{cameras} cameras: median (least to most); MB at most", title_justify="left")
    for heading in ("", "s", "CPU s", "of the command", "of tasks", "of Ray", "more a camera", "MB tasks", "MB Ray"):
        result.add_column(heading, justify="right" if heading else "left")
    for row in rows:
        more = row["more_cpu_s_a_camera"]
        result.add_row(
            row["way"],
            *("{:.1f} ({:.1f} to {:.1f})".format(*row[name]) for name in ("seconds", "all_cpu_s")),
            *(f"{row['cpu_s'][part]:.1f}" for part in PARTS),
            "" if more is None else f"{more:+.1f}",
            *(str(row["mb"][part]) for part in PARTS[1:]),
        )
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=Sizes.cameras)
    parser.add_argument("--steps", type=int, default=Sizes.steps)
    parser.add_argument("--size", type=int, default=Sizes.size)
    parser.add_argument("--seed", type=int, default=Sizes.seed)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    sizes = Sizes(asked.cameras, asked.steps, asked.size, asked.seed)
    with tempfile.TemporaryDirectory() as scratch:
        found = measure(Path(scratch), sizes, asked.rounds)
    rows = summary(found, sizes.cameras)
    Console(width=140).print(table(rows, sizes.cameras))
    if asked.json is not None:
        frames = {"days": DAYS, "frames_per_day": FRAMES_PER_DAY, "pixels": [WIDTH_PX, HEIGHT_PX], "seed": SITE_SEED}
        content = {"machine": machine(), "sizes": asdict(sizes), "frames": frames, "ways": rows, "runs": found}
        asked.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()

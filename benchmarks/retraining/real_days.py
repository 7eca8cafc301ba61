"""Real days in their order: no adaptation, once, continuous, and continuous without replay.

python benchmarks/retraining/real_days.py --out days.jsonl --work days-work --json docs/retraining-real.json

PKLot's two cameras, as far as frames with truth are at hand. CNR-EXT is not among them: of its frames at hand, camera 3
alone has three days, and the third is one frame. The first days make the first student; each later day is read before
it is learned from, and now and then a retraining follows. Truth is that of the labelled slots, which only the figures
see. What is in --out is not done again.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2

from benchmarks.retraining.figures import of_seeds, share
from benchmarks.retraining.strategies import STRATEGIES, Strategy, days_of, live_through
from benchmarks.retraining.teacher_days import teacher_days
from lotwise.datasets.frame import Dataset
from lotwise.datasets.readers.open import open_dataset
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.students.pipeline.adapt import adapt
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.cpu_budget import cpu_seconds
from lotwise.teacher.oracle import Oracle, OracleSettings

STEPS = 100
ORACLE = OracleSettings(scales=(640, 1280))
TEACHER_SCORE = 0.25
UNGATED = Strategy("student, whatever the gate said", "bundle")
REAL_STRATEGIES = (*STRATEGIES, UNGATED)
"""On these few frames the gate keeps the untouched nano now and then: what it keeps back is measured too."""
LEAST = 3
"""New frames from which on a camera is retrained: six otherwise, but these lots have one to three a day."""


@dataclass(frozen=True)
class Lot:
    """A camera of PKLot.

    Attributes:
        camera: its id.
        first: days that the first student learns from.
        every: days between two retrainings, so that three new frames have come.
    """

    camera: str
    first: int
    every: int


LOTS = (Lot("UFPR05", first=2, every=1), Lot("PUCPR", first=4, every=3))


def first_days(dataset: Dataset, lot: Lot, folder: Path) -> Path:
    """A dataset of the first days alone, as links into the whole one; its root."""
    if not folder.is_dir():
        partial = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(partial, ignore_errors=True)
        for day in days_of(dataset, lot.camera)[: lot.first]:
            for frame in day:
                target = partial / frame.path.resolve().relative_to(_root(frame.path, lot.camera))
                target.parent.mkdir(parents=True, exist_ok=True)
                for suffix in (".jpg", ".xml"):
                    os.symlink(frame.path.with_suffix(suffix).resolve(), target.with_suffix(suffix))
        partial.rename(folder)
    return folder


def _root(path: Path, camera: str) -> Path:
    return next(parent.parent for parent in path.resolve().parents if parent.name == camera)


def later_days(dataset: Dataset, lot: Lot) -> Dataset:
    """The days that are lived through."""
    later = [frame for day in days_of(dataset, lot.camera)[lot.first :] for frame in day]
    return replace(dataset, frames=tuple(later))


def plan_of(root: Path, lot: Lot, shared: Path, seed: int) -> Plan:
    """YOLOv8m teaches YOLOv8n with defaults, in few steps."""
    distill = DistillSettings(epochs=1, min_steps=STEPS, max_steps=STEPS, seed=seed)
    weights = shared / "weights"
    return Plan(
        dataset="pklot", root=root.resolve(), cameras=(lot.camera,), teacher=str(weights / "yolov8m.pt"), oracle=ORACLE,
        student=str(weights / "yolov8n.pt"), distill=distill, export=ExportSettings(int8=False), holdout=0.25,
    )  # fmt: skip


def first_run(work: Path, dataset: Dataset, lot: Lot, shared: Path, seed: int) -> tuple[Run, float]:
    """The run of the first days, and the CPU seconds it took."""
    root = first_days(dataset, lot, work / f"{lot.camera}-first")
    run, took = Run(work / f"{lot.camera}-run{seed}"), work / f"{lot.camera}-run{seed}.cpu"
    before = cpu_seconds()
    adapt(run, plan_of(root, lot, shared, seed))
    if not took.is_file():
        took.write_text(f"{cpu_seconds() - before:.1f}")
    return run, float(took.read_text())


def lived(
    work: Path, first: Run, cpu_s: float, strategy: Strategy, lot: Lot, later: Dataset
) -> Iterator[dict[str, Any]]:
    """The rows of one strategy."""
    place = work / f"{first.folder.name}-{strategy.name.replace(' ', '-')}"
    shutil.rmtree(place, ignore_errors=True)  # a strategy is lived through as a whole
    shutil.copytree(first.folder, place / "run", symlinks=True)
    yield {"kind": "first", "cpu_s": 0.0 if strategy.bundle == "baseline" else cpu_s}
    yield from live_through(Run(place / "run"), strategy, later, place / "state", print, lot.every, LEAST)


def table(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Slots read rightly over all later days, by camera and strategy; mean and spread of the seeds."""
    content: dict[str, Any] = {}
    for lot in LOTS:
        for name in [*(one.name for one in REAL_STRATEGIES), "teacher"]:
            own = [row for row in rows if row["lot"] == lot.camera and row["strategy"] == name]
            days = [row for row in own if row["kind"] == "day"]
            if not days:
                continue
            seeds = len({row["seed"] for row in own})
            retrained = [row for row in own if row["kind"] == "retraining"]
            content.setdefault(lot.camera, {})[name] = {
                "seeds": seeds,
                "slots": sum(row["slots"] for row in days) // seeds,
                "right": of_seeds(days, share),
                "by_day": {
                    str(day): of_seeds([row for row in days if row["day"] == day], share)
                    for day in sorted({row["day"] for row in days})
                },
                "cpu_s": round(sum(row.get("cpu_s", 0.0) for row in own) / seeds, 1),
                "outcomes": {
                    word: sum(row["word"] == word for row in retrained)
                    for word in sorted({row["word"] for row in retrained})
                },
            }
    return content


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("LOTWISE_SHARED", "../shared")))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    asked.work.mkdir(parents=True, exist_ok=True)
    lines = [json.loads(line) for line in asked.out.read_text().splitlines()] if asked.out.is_file() else []
    done = {(line["lot"], line["seed"], line["strategy"]) for line in lines}
    for seed in asked.seeds:
        for lot in LOTS:
            dataset = open_dataset("pklot", asked.shared / "data" / "pklot", (lot.camera,))
            later = later_days(dataset, lot)
            for name in [*(one.name for one in REAL_STRATEGIES), "teacher"]:
                if (lot.camera, seed, name) in done:
                    continue
                start = time.monotonic()
                run, cpu_s = first_run(asked.work, dataset, lot, asked.shared, seed)
                if name == "teacher":
                    teacher = Oracle(str(asked.shared / "weights" / "yolov8m.pt"), ORACLE)
                    rows = teacher_days(run, teacher, TEACHER_SCORE, later, "day")
                else:
                    strategy = next(one for one in REAL_STRATEGIES if one.name == name)
                    rows = lived(asked.work, run, cpu_s, strategy, lot, later)
                found = [{"lot": lot.camera, "seed": seed, "strategy": name, **row} for row in rows]
                lines += found
                with asked.out.open("a") as file:  # a strategy is there wholly or not at all
                    file.write("".join(f"{json.dumps(row)}\n" for row in found))
                print(f"{lot.camera}, seed {seed}, {name}: {time.monotonic() - start:.0f} s", flush=True)
    content = table(lines)
    for camera, strategies in content.items():
        for name, found in strategies.items():
            right = found["right"]
            print(f"{camera:8} {name:26} {right['mean']:.3f} ± {right['spread']:.3f}  CPU {found['cpu_s']:.0f} s  "
                  f"{found['outcomes']}")  # fmt: skip
    if asked.json is not None:
        asked.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()

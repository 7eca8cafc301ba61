"""A year on the rendered site, day after day: no adaptation, once, continuous, and continuous without replay.

python benchmarks/retraining/year.py --out year.jsonl --work year-work --seeds 0 1 2

One JSON line for each camera and day, each retraining, and each strategy's end; what is there is not done again.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2

from benchmarks.retraining.calendar import AFTERWARDS, FIRST, YEAR
from benchmarks.retraining.strategies import STRATEGIES, Strategy, final_accuracy, live_through
from benchmarks.retraining.teacher_days import teacher_days
from lotwise.cameras.detection.detector import load_detector
from lotwise.datasets.frame import Dataset
from lotwise.datasets.synthetic.year import render_year
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.settings import ExportSettings
from lotwise.students.pipeline.adapt import adapt
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.students.retraining.cpu_budget import cpu_seconds
from lotwise.teacher.oracle import Oracle, OracleSettings

CAMERAS, FRAMES_A_DAY, FRAME_PX = 2, 4, (640, 480)
SIZE_PX, STEPS = 416, 60
ORACLE = OracleSettings(scales=(SIZE_PX, 640), grid=SIZE_PX)
TEACHER_SCORE = 0.45
"""From this score on a box of the embedded teacher counts, as in what students are taught."""


def plan_of(root: Path, seed: int) -> Plan:
    """Small students of few steps, so that a year takes minutes."""
    distill = DistillSettings(
        size=SIZE_PX, epochs=1, min_steps=STEPS, max_steps=STEPS, positive_threshold=TEACHER_SCORE,
        ignore_threshold=0.2, seed=seed,
    )  # fmt: skip
    return Plan(
        dataset="synthetic", root=root, teacher=str(TEACHER), oracle=ORACLE, student=str(NANO), distill=distill,
        export=ExportSettings(int8=False), holdout=0.25,
    )  # fmt: skip


def _rendered(folder: Path, conditions: tuple[str, ...], seed: int) -> Dataset:
    width, height = FRAME_PX
    return render_year(
        folder.resolve(), conditions=conditions, cameras=CAMERAS, frames_per_day=FRAMES_A_DAY, width=width,
        height=height, seed=seed,
    )  # fmt: skip


def _part(dataset: Dataset, start: int, count: int) -> Dataset:
    """Some days of it."""
    days = sorted({frame.taken.date() for frame in dataset.frames if frame.taken})[start : start + count]
    return replace(
        dataset, frames=tuple(frame for frame in dataset.frames if frame.taken and frame.taken.date() in days)
    )


def _first_run(work: Path, seed: int) -> tuple[Run, float]:
    first = _rendered(work / f"first{seed}", FIRST, seed)
    run, took = Run(work / f"run{seed}"), work / f"run{seed}.cpu"
    before = cpu_seconds()
    adapt(run, plan_of(first.root, seed))
    if not took.is_file():
        took.write_text(f"{cpu_seconds() - before:.1f}")
    return run, float(took.read_text())


def _strategy(work: Path, seed: int, strategy: Strategy, year: Dataset, after: Dataset) -> Iterator[dict[str, Any]]:
    first, cpu_s = _first_run(work, seed)
    place = work / f"{strategy.name.replace(' ', '-')}{seed}"
    shutil.rmtree(place, ignore_errors=True)  # a strategy is lived through as a whole
    shutil.copytree(first.folder, place / "run", symlinks=True)
    run = Run(place / "run")
    looked = 0 if strategy.bundle == "baseline" else len(FIRST) * FRAMES_A_DAY * CAMERAS
    cost = 0.0 if strategy.bundle == "baseline" else cpu_s
    yield {"kind": "first", "looked": looked, "cpu_s": cost}
    yield from live_through(run, strategy, year, place / "state", print)
    detectors = {camera: load_detector(run.registry(camera).live(), 1) for camera in run.records()}
    yield from final_accuracy(detectors, after)


def _teacher(work: Path, seed: int, year: Dataset, after: Dataset) -> Iterator[dict[str, Any]]:
    run, _ = _first_run(work, seed)
    oracle = Oracle(str(TEACHER), ORACLE)
    yield from teacher_days(run, oracle, TEACHER_SCORE, year, "day")
    yield from teacher_days(run, oracle, TEACHER_SCORE, after, "after")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--only", nargs="*", default=[], help="names of strategies; all of them, and the teacher")
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    done = set()
    if asked.out.is_file():
        lines = [json.loads(line) for line in asked.out.read_text().splitlines()]
        done = {(line["seed"], line["strategy"]) for line in lines}
    for seed in asked.seeds:
        # The first days are those of the first run, as a day depends on the seed and on its number.
        whole = _rendered(asked.work / f"year{seed}", (*FIRST, *YEAR, *AFTERWARDS), seed)
        year, after = _part(whole, len(FIRST), len(YEAR)), _part(whole, len(FIRST) + len(YEAR), len(AFTERWARDS))
        jobs = [(one.name, _strategy(asked.work, seed, one, year, after)) for one in STRATEGIES]
        for name, rows in [*jobs, ("teacher", _teacher(asked.work, seed, year, after))]:
            if (seed, name) in done or (asked.only and name not in asked.only):
                continue
            start = time.monotonic()
            found = [{"seed": seed, "strategy": name, **row} for row in rows]
            with asked.out.open("a") as file:  # a strategy is there wholly or not at all
                file.write("".join(f"{json.dumps(row)}\n" for row in found))
            print(f"seed {seed}, {name}: {time.monotonic() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()

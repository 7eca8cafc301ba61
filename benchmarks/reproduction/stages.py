"""What the stages of the published table cost in training steps: what its estimate multiplies a timed step by.

python benchmarks/reproduction/stages.py RUN --root CNR-EXT [--size 320] [--steps 12] [--cameras C1,C2] [--json F]

Makes the table in the empty run folder RUN with the embedded teacher and nano, in one process with one thread, and
counts processor time, as a clock tells more of what else the machine does. Where ``--root`` holds nothing, a site is
rendered there in the official layout: two cameras, three days.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

os.environ.setdefault("OMP_NUM_THREADS", "1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2

from benchmarks.node_speed.machine import machine
from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.cnr_ext import FRAMES
from lotwise.datasets.readers.common.camera_id import numbered, parse_cameras
from lotwise.datasets.rendered_cnr_ext import render_official_layout
from lotwise.eval.reproduction import reproduce as job
from lotwise.eval.reproduction.estimate import EXPORT_STEPS, MEASURED_STEPS
from lotwise.eval.reproduction.extent import extent_of
from lotwise.eval.reproduction.work import Work, work_left
from lotwise.students.pipeline import adapt, export, one_for_all
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.students.pretrained import NANO, TEACHER
from lotwise.teacher.oracle import OracleSettings

STAGES: tuple[tuple[ModuleType, str, str], ...] = (
    (adapt, "label_frames", "looks"),
    (adapt, "train_students", "own students"),
    (adapt, "export_bundles", "export"),
    (one_for_all, "_train", "one for all"),
    (one_for_all, "export_bundles", "export"),
    (export, "measure_camera", "measuring"),
    (job, "collect", "measuring"),
    (job, "tables", "measuring"),
)
"""Functions, each where it is called from, and the stage that its time is counted for. What one calls of the others is
counted for the inner one."""
CAMERAS, DAYS, FRAMES_PER_DAY = 2, 3, 4


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


@contextmanager
def counted(clock: Callable[[], float] = cpu_seconds) -> Iterator[Counter[str]]:
    """Count the time of each stage while the context lasts."""
    spent: Counter[str] = Counter()
    inner: list[float] = []

    def timed(call: Callable[..., Any], stage: str) -> Callable[..., Any]:
        @functools.wraps(call)
        def called(*given: Any, **named: Any) -> Any:
            begun = clock()
            inner.append(0.0)
            try:
                return call(*given, **named)
            finally:
                took, within = clock() - begun, inner.pop()
                spent[stage] += took - within  # type: ignore[assignment]
                if inner:
                    inner[-1] += took

        return called

    with ExitStack() as stack:
        for module, name, stage in STAGES:
            stack.enter_context(patch.object(module, name, timed(getattr(module, name), stage)))
        yield spent


def measure(folder: Path, plan: Plan) -> dict[str, Any]:
    """Make the table in an empty run folder.

    Raises:
        InputError: the folder holds a run.
    """
    run = Run(folder)
    if run.begun:
        raise InputError(f"{folder}: holds a run, of which only the rest would be counted; give an empty folder")
    footage = open_footage(plan)
    plan = job.reproduction_plan(plan, footage)
    work = work_left(run, plan, footage)
    with counted() as spent:
        found = job.reproduce(run, plan, extent_of(footage))
    job.write_reproduction(folder / job.TABLE, found)
    own = sum(int(record.training["steps"]) for record in run.records().values())
    shared = next(iter(one_for_all.OneForAllRun(run).records().values())).training["steps"]
    return {"size": plan.distill.size, **in_steps(spent, work, own + int(shared))}


def in_steps(spent: Mapping[str, float], work: Work, steps: int) -> dict[str, Any]:
    """What an export and a measured frame cost beside a training step.

    Args:
        spent: seconds of each stage.
        work: all that was to be done.
        steps: that were made of it.
    """
    step = (spent["own students"] + spent["one for all"]) / steps
    return {
        "steps": steps,
        "exports": work.exports,
        "measured": work.measured,
        "seconds": {stage: round(seconds, 2) for stage, seconds in spent.items()},
        "step_s": round(step, 4),
        "export_steps": round(spent["export"] / work.exports / step, 1),
        "measured_steps": round(spent["measuring"] / work.measured / step, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--cameras", help="ids with commas; all where not given")
    parser.add_argument("--size", type=int, default=320)
    parser.add_argument("--steps", type=int, default=12, help="of each own student")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    if not (asked.root / FRAMES).is_dir():
        render_official_layout(asked.root, cameras=CAMERAS, days=DAYS, frames_per_day=FRAMES_PER_DAY)
    plan = Plan(
        dataset="cnr-ext",
        root=asked.root.resolve(),
        cameras=numbered(parse_cameras(asked.cameras)),
        teacher=str(TEACHER),
        student=str(NANO),
        oracle=OracleSettings(scales=(asked.size,), grid=asked.size),
        holdout=0.25,
    )
    learning = {"size": asked.size, "min_steps": asked.steps, "max_steps": asked.steps}
    plan = plan.model_copy(update={"distill": plan.distill.model_copy(update=learning)})
    found = measure(asked.run, plan)
    for name, value in found.items():
        print(f"{name:<15} {value}")
    print(f"in use: EXPORT_STEPS {EXPORT_STEPS}, MEASURED_STEPS {MEASURED_STEPS}")
    if asked.json is not None:
        asked.json.write_text(json.dumps({"machine": machine(), **found}, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")

"""What a training step costs at each size of the input, in processor time: what the ladder's cost is counted by.

python benchmarks/right_sized/step_cost.py RUN CAMERA --json docs/right-sized-steps.json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ultralytics.nn.tasks import DetectionModel

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from benchmarks.node_speed.machine import machine
from lotwise.students.distillation.distill import distill
from lotwise.students.distillation.fitted_frames import FittedFrames
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.right_size import lessons_of
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.rung_training import FIXED_COST
from lotwise.students.right_size.rung import Rung, input_of
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.index import open_labels

SIZES = (640, 512, 416, 320, 256)


def seconds_a_step(student: DetectionModel, samples: Samples, settings: DistillSettings) -> float:
    """Processor time of a step; the first one, which decodes frames and warms everything up, is not counted."""
    marks: list[float] = []

    def mark(*_: object) -> None:
        marks.append(time.process_time())

    with tempfile.TemporaryDirectory() as folder:
        distill(student, samples, settings, Path(folder), mark)
    return (marks[-1] - marks[0]) / (len(marks) - 1)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("camera")
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--json", type=Path, help="also write the figures here")
    asked = parser.parse_args(arguments)
    run = Run(asked.run)
    record = run.record(asked.camera)
    assert record is not None
    lessons = lessons_of(run, record, open_footage(run.plan()), open_labels(run.knowledge))
    frame = lessons.labels.index.frames[lessons.frames[0].name].size
    found: list[dict[str, Any]] = []
    for size in SIZES:
        rung = Rung(size, input_of(frame, size))
        settings = lessons.settings.model_copy(update={"epochs": 1, "min_steps": asked.steps, "max_steps": asked.steps})
        fitted = FittedFrames(rung.input, lessons.read)
        samples = Samples(lessons.frames, lessons.labels.store, settings, lessons.labels.keys, lessons.taught, fitted)
        student = load_model(run.camera(asked.camera) / "train" / STUDENT)
        step = seconds_a_step(student, samples, settings)
        found.append({"size": size, "input": rung.input, "seconds_a_step": round(step, 4), "counted": 0.0})
        found[-1]["share"] = round(step / found[0]["seconds_a_step"], 3)
        found[-1]["counted"] = round(FIXED_COST + (1 - FIXED_COST) * rung.pixels / lessons.pixels, 3)
        print(found[-1], flush=True)
    if asked.json is not None:
        content = {"machine": machine(), "camera": asked.camera, "steps": asked.steps, "sizes": found}
        asked.json.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()

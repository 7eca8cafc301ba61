"""Where the time of one distillation step goes, on one core.

python benchmarks/distillation/step_profile.py [--camera C1] [--work runs/distillation] [--steps 20] [--json F]

The parts are those of ``students/distillation/distill.py`` in its order; seconds are those of the main thread, medians
over steps.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")
if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

import cv2
import torch
from rich.console import Console
from rich.table import Table
from torch import nn
from torch.optim.swa_utils import AveragedModel
from ultralytics.nn.tasks import DetectionModel

from benchmarks.distillation.training_job import teacher_store
from lotwise.datasets.readers.open import open_dataset
from lotwise.students.distillation.distill import make_optimizer, moving_average
from lotwise.students.distillation.samples import Samples
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.losses.all_terms import make_terms
from lotwise.students.losses.assignment import assign
from lotwise.students.losses.targets import make_targets
from lotwise.students.model.student import make_student, read_output
from lotwise.teacher.oracle import OracleSettings, fast_bfloat16
from lotwise.teacher.tensor import image_tensor


def profile(samples: Samples, student: DetectionModel, settings: DistillSettings, steps: int) -> dict[str, float]:
    """Median milliseconds of each part of a step."""
    device = torch.device("cpu")
    student = student.to(memory_format=torch.channels_last).train()
    terms = make_terms(student, samples.latent_channels(), settings.weights)
    learner = nn.ModuleDict({"student": student, "terms": terms})
    average = AveragedModel(student, multi_avg_fn=moving_average(settings.ema), use_buffers=True)
    optimizer = make_optimizer(learner, settings)
    spent: dict[str, list[float]] = defaultdict(list)
    clock = 0.0

    def lap(part: str) -> None:
        nonlocal clock
        now = time.thread_time()
        spent[part].append(now - clock)
        clock = now

    for step in range(steps):
        clock = time.thread_time()
        batch = [samples[settings.batch * step + place] for place in range(settings.batch)]
        lap("samples (beside the step)")
        pixels = image_tensor([sample.image for sample in batch], device, torch.channels_last)
        targets = make_targets(
            [sample.targets for sample in batch],
            settings.positive_threshold,
            settings.ignore_threshold,
            settings.score_exponent,
        )
        lap("targets")
        with torch.autocast("cpu", torch.bfloat16, enabled=fast_bfloat16(device)):
            raw = student(pixels)
        lap("forward")
        output = read_output(student, raw)
        assignment = assign(output, targets)
        lap("assignment")
        parts = []
        for name, term in terms.items():
            parts.append(getattr(settings.weights, name) * term(output, targets, assignment))
            lap(f"loss: {name}")
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(torch.stack(parts).sum())
        lap("backward")
        nn.utils.clip_grad_norm_(learner.parameters(), 10.0)
        optimizer.step()
        lap("optimizer")
        average.update_parameters(student)
        lap("average")
    return {part: 1000 * median(times[2:]) for part, times in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser.add_argument("--root", type=Path, default=shared / "data" / "cnr_ext")
    parser.add_argument("--camera", default="C1")
    parser.add_argument("--teacher", type=Path, default=shared / "weights" / "yolov8m.pt")
    parser.add_argument("--student", type=Path, default=shared / "weights" / "yolov8n.pt")
    parser.add_argument("--work", type=Path, default=Path("runs/distillation"))
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    frames = open_dataset("cnr-ext", asked.root, (asked.camera,)).frames
    store, keys = teacher_store(asked.teacher, OracleSettings(), frames, asked.work)
    settings = DistillSettings()
    spent = profile(Samples(frames, store, settings, keys), make_student(asked.student), settings, asked.steps)
    table = Table(title=f"{asked.camera}: a step of {settings.batch} samples, {sum(spent.values()):.0f} ms of one core")
    table.add_column("part")
    table.add_column("ms", justify="right")
    table.add_column("share", justify="right")
    for part, ms in spent.items():
        table.add_row(part, f"{ms:.1f}", f"{ms / sum(spent.values()):.0%}")
    Console().print(table)
    if asked.json:
        asked.json.write_text(json.dumps(spent, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""The peers: what a user would otherwise do with Ultralytics alone, on hard boxes of the same frames."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.images import image_size
from lotwise.datasets.writers.yolo import write_yolo
from lotwise.students.model.student import make_student
from lotwise.teacher.checkpoint import load_model

EPOCHS, BATCH = 40, 4
MIN_LABEL_SCORE = 0.3
"""Least score of a teacher's box that becomes a hard pseudo-label."""


def write_training_set(folder: Path, frames: Sequence[Frame], boxes: Sequence[Detections]) -> Path:
    """A YOLO data set of one class, vehicle; returns its ``data.yaml``."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "images").mkdir(parents=True)
    flat = [Frame(frame.camera, f"{i:03d}.jpg", frame.path) for i, frame in enumerate(frames)]
    for frame in flat:
        shutil.copy(frame.path, folder / "images" / frame.name)
    labels = write_yolo(folder / "labels", flat, [image_size(frame.path) for frame in frames], boxes)
    for path in labels:  # Ultralytics refuses a sixth column
        path.write_text("".join(" ".join(line.split()[:5]) + "\n" for line in path.read_text().splitlines()))
    data = folder / "data.yaml"
    data.write_text(f"path: {folder.resolve()}\ntrain: images\nval: images\nnames: {{0: vehicle}}\n")
    return data


def fine_tune(
    data: Path, student: Path, work: Path, seed: int, teacher: Path | None = None, **options: Any
) -> tuple[DetectionModel, float]:
    """Ultralytics' own training, with its built-in feature distillation where a teacher is given.

    Args:
        data: the ``data.yaml`` of hard boxes.
        student: weights to begin with, of Ultralytics or of ours.
        work: folder for whatever Ultralytics writes.
        seed: of its augmentation and order.
        teacher: weights for ``distill_model``.
        options: of Ultralytics' training, above ours.

    Returns:
        The student and the seconds of the core that training took.
    """
    from ultralytics import YOLO

    start = time.process_time()
    if teacher is not None:
        options["distill_model"] = str(teacher)
    ours: dict[str, Any] = dict(
        data=str(data), epochs=EPOCHS, optimizer="AdamW", lr0=5e-4, imgsz=640, batch=BATCH, seed=seed, workers=0,
        val=False, plots=False, verbose=False, device="cpu", project=str(work.resolve()), name="train", exist_ok=True,
    )  # fmt: skip
    YOLO(str(checkpoint_of(student, work))).train(**ours | options)
    return make_student(work / "train" / "weights" / "last.pt"), time.process_time() - start


def checkpoint_of(weights: Path, work: Path) -> Path:
    """Weights as a file that Ultralytics reads: one of ours is written in its form into the folder.

    Raises:
        InputError: a file of ours that cannot be read.
    """
    if weights.suffix != ".safetensors":
        return weights
    work.mkdir(parents=True, exist_ok=True)
    path = work / f"{weights.stem}.pt"
    torch.save({"model": load_model(weights)}, path)
    return path

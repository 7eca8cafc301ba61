"""The two worlds of the benchmark: rendered yards with the embedded weights, and real frames with COCO weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lotwise.students.pretrained import NANO, TEACHER
from lotwise.teacher.checkpoint import load_model

YARD_SIZE_PX = 448
"""Longer side of the student's input on rendered frames; with ``YARD_STEPS``, a training takes some 20 s of a core."""
YARD_TEACHER_PX = (YARD_SIZE_PX, 640)
YARD_STEPS = 80
YARD_PEER_PICTURES = 160
"""As many as ours: two a step."""
REAL_SIZE_PX = 640


@dataclass(frozen=True)
class World:
    """Weights and settings that all rows of a place begin with.

    Attributes:
        teacher, student: weights files as Ultralytics reads them.
        size: longer side of the student's input, pixels.
        plan: of the pipeline, what is other than by default.
        peer_pictures: how many pictures a training by Ultralytics goes through; None for the epochs of
            ``benchmarks/distillation``, which on 30 frames take minutes.
    """

    teacher: str
    student: str
    size: int
    plan: Mapping[str, Any] = field(default_factory=dict)
    peer_pictures: int | None = None


def yard_world(work: Path) -> World:
    """The embedded weights, as the demo uses them; written to ``work`` in the form that Ultralytics reads."""
    distill = {
        "size": YARD_SIZE_PX,
        "epochs": 1,
        "min_steps": YARD_STEPS,
        "max_steps": YARD_STEPS,
        # As in the demo: the embedded teacher is surer of what it sees than a COCO model.
        "positive_threshold": 0.45,
        "ignore_threshold": 0.2,
    }
    plan = {"distill": distill, "oracle": {"scales": YARD_TEACHER_PX, "grid": YARD_SIZE_PX}}
    teacher, student = (_checkpoint(weights, work / "weights") for weights in (TEACHER, NANO))
    return World(teacher, student, YARD_SIZE_PX, plan, YARD_PEER_PICTURES)


def real_world(shared: Path, several_views: bool = False) -> World:
    """YOLOv8m teaches YOLOv8n; frames of several views cannot correct each other."""
    weights = shared / "weights"
    plan = {"distill": {"consensus": False}} if several_views else {}
    return World(str(weights / "yolov8m.pt"), str(weights / "yolov8n.pt"), REAL_SIZE_PX, plan)


def _checkpoint(weights: Path, folder: Path) -> str:
    """A ``.pt`` of the same model, for Ultralytics knows no safetensors."""
    import torch

    path = folder / weights.with_suffix(".pt").name
    if not path.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        aside = path.with_suffix(".part")
        torch.save({"model": load_model(weights).half(), "train_args": {}}, aside)
        aside.replace(path)
    return str(path.resolve())

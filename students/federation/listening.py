"""What a student's head and neck say of reference pictures, with gradient, and without learning their light."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.frame import Image
from lotwise.teacher.head import box_distances, vehicle_logits
from lotwise.teacher.tensor import image_tensor

PICTURES_AT_ONCE = 4


@dataclass(frozen=True)
class Said:
    """A head's outputs.

    Attributes:
        logits: (B, A) that a vehicle is there.
        distances: (B, A, 4) to the box's left, top, right and bottom, in grid cells.
        latents: neck map (B, C, h, w) of each level, finest first.
    """

    logits: torch.Tensor
    distances: torch.Tensor
    latents: tuple[torch.Tensor, ...]


def said_by_head(head: nn.Module, raw: dict[str, Any]) -> Said:
    """From what an Ultralytics model returns in training mode; of a head with two branches the one-to-many one.

    The one-to-one branch of YOLO26 says a vehicle once, at one anchor, and learns from detached maps: it would agree
    with no other student's head anchor by anchor, and would teach the neck nothing.
    """
    raw = raw.get("one2many", raw)
    distances = box_distances(raw["boxes"].float(), int(head.reg_max))  # type: ignore[arg-type]
    return Said(vehicle_logits(raw), distances.transpose(1, 2), tuple(level.float() for level in raw["feats"]))


def listen(student: DetectionModel, pictures: Sequence[Image]) -> Said:
    """With gradient; norms keep the statistics of the camera's own frames."""
    device = next(student.parameters()).device
    with norms_kept(student):
        return said_by_head(student.model[-1], student(image_tensor(pictures, device)))


@contextmanager
def norms_kept(student: DetectionModel) -> Iterator[None]:
    """A student that answers in the form of training while its norms neither follow the batch nor learn from it."""
    norms = [module for module in student.modules() if isinstance(module, nn.modules.batchnorm._BatchNorm)]
    training = student.training, [norm.training for norm in norms]
    student.train()
    for norm in norms:
        norm.eval()
    try:
        yield
    finally:
        student.train(training[0])
        for norm, was in zip(norms, training[1], strict=True):
            norm.train(was)

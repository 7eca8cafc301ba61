"""The student: a nano detector that keeps of its pretrained head only the vehicle classes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.vehicles import VEHICLE_CLASSES
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.head import anchor_points, decode_boxes, narrow_head, vehicle_classes, vehicle_logits


@dataclass(frozen=True)
class StudentOutput:
    """What the student says of a batch.

    Attributes:
        logits: (B, A) that a vehicle is there.
        boxes: (B, A, 4) xyxy in input pixels.
        distributions: (B, A, 4 * reg_max) logits over distance bins; distances themselves where reg_max is 1.
        points: (A, 2) anchor centres in grid cells.
        strides: (A, 1) in input pixels.
        latents: neck map (B, C, h, w) of each level.
    """

    logits: torch.Tensor
    boxes: torch.Tensor
    distributions: torch.Tensor
    points: torch.Tensor
    strides: torch.Tensor
    latents: tuple[torch.Tensor, ...]


def make_student(weights: str | Path, classes: tuple[str, ...] = VEHICLE_CLASSES) -> DetectionModel:
    """A nano from pretrained weights, its head narrowed to the vehicle classes.

    Of a head with two branches (YOLO26) the one-to-many branch is kept: with one class, suppression costs
    next to nothing, and one branch learns in less time than two.

    Raises:
        InputError: the weights cannot be read safely, or know no vehicle.
    """
    model = load_model(weights)
    keep = vehicle_classes(model.names, classes, str(weights))
    if len(keep) < len(model.names):
        narrow_head(model, keep)
    if model.yaml.get("end2end"):
        model.model[-1].fuse()
        model.yaml["end2end"] = False
    return model


def latent_channels(model: DetectionModel) -> list[int]:
    """Channels of the neck maps that feed the head, finest level first."""
    return [first_conv(branch).in_channels for branch in model.model[-1].cv2]


def first_conv(module: nn.Module) -> nn.Conv2d:
    return next(part for part in module.modules() if isinstance(part, nn.Conv2d))


def read_output(model: DetectionModel, raw: dict[str, Any]) -> StudentOutput:
    """From what an Ultralytics model returns in training mode."""
    head = model.model[-1]
    points, strides = anchor_points(head, raw)
    return StudentOutput(
        logits=vehicle_logits(raw),
        boxes=decode_boxes(head, raw),
        distributions=raw["boxes"].float().transpose(1, 2),
        points=points,
        strides=strides,
        latents=tuple(level.float() for level in raw["feats"]),
    )

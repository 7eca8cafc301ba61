"""What is particular about YOLO's Detect head: its classes, its raw outputs, and how to narrow it."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.tal import dist2bbox, make_anchors

from lotwise.datasets.errors import InputError


def vehicle_classes(names: dict[int, str], wanted: tuple[str, ...], origin: str) -> list[int]:
    """Indices of the classes that are vehicles.

    Raises:
        InputError: the model knows none of them.
    """
    indices = [index for index, name in names.items() if name in wanted]
    if not indices:
        known = ", ".join(list(names.values())[:8])
        raise InputError(f"{origin}: knows none of the classes {', '.join(wanted)} (it knows {known}, …)")
    return indices


def narrow_head(model: DetectionModel, classes: list[int]) -> None:
    """Keep only these class rows of the head, in place; every other weight stays as it is.

    A frame's score for a vehicle is the largest of the rows that are left, so a nano narrowed to car, bus and
    truck says of every vehicle just what it said before.
    """
    head = model.model[-1]
    for branch in (head.cv3, getattr(head, "one2one_cv3", None)):
        for level in branch or ():
            wide: nn.Conv2d = level[-1]
            narrow = nn.Conv2d(wide.in_channels, len(classes), 1)
            with torch.no_grad():
                narrow.weight.copy_(wide.weight[classes])
                cast(torch.Tensor, narrow.bias).copy_(cast(torch.Tensor, wide.bias)[classes])
            level[-1] = narrow
    head.nc = len(classes)
    head.no = head.nc + 4 * head.reg_max
    model.names = {row: model.names[index] for row, index in enumerate(classes)}


def vehicle_logits(raw: dict[str, Any], classes: list[int] | None = None) -> torch.Tensor:
    """Raw class scores (B, nc, A) of a head -> (B, A) logit that a vehicle is there, whatever its kind."""
    scores: torch.Tensor = raw["scores"].float()
    return (scores if classes is None else scores[:, classes]).amax(1)


def anchor_points(head: Any, raw: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """Centres (A, 2) in grid cells and strides (A, 1) in input pixels of all anchors."""
    points, strides = make_anchors(raw["feats"], head.stride, 0.5)
    return points.float(), strides.float()


def box_distances(logits: torch.Tensor, reg_max: int) -> torch.Tensor:
    """Raw box outputs (B, 4 * reg_max, A) -> (B, 4, A) from each anchor to its box's sides, in grid cells."""
    if reg_max == 1:
        return logits
    bins = torch.arange(reg_max, dtype=torch.float32, device=logits.device)
    # Not by len(logits): an export would fix the size of the batch.
    per_side = torch.unflatten(logits, 1, (4, reg_max))
    return torch.einsum("bera,r->bea", per_side.softmax(2), bins)


def decode_boxes(head: Any, raw: dict[str, Any]) -> torch.Tensor:
    """Raw box outputs of a head -> (B, A, 4) xyxy in input pixels, float32, differentiable."""
    points, strides = anchor_points(head, raw)
    distances = box_distances(raw["boxes"].float(), head.reg_max)
    boxes: torch.Tensor = dist2bbox(distances.transpose(1, 2), points, xywh=False) * strides
    return boxes

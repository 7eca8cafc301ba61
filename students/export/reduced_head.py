"""A student with a reduced head: its finest grid only where it is needed, only the best candidates decoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel
from ultralytics.utils.tal import dist2bbox

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.slots import SlotModel
from lotwise.datasets.frame import Detections
from lotwise.teacher.head import anchor_points, box_distances, vehicle_logits

NEEDED_SCORE = 0.05
"""Score from which on an anchor counts as one that the camera needs."""
MARGIN_ROWS = 8
"""Rows kept around the outermost that are needed: 2 that two 3x3 convolutions look at, the others in reserve."""
MIN_FRAMES = 4
"""Fewer frames do not quite show where in a view small cars are seen: the margin is twice as wide then."""
SMALL_CAR_PX = 60
"""A place whose car is at most this size (root of width times height, input pixels) needs the finest grid: 19 of 20
boxes that are reported from it are smaller."""
MIN_CANDIDATES = 500
"""Fewest boxes that are decoded."""


@dataclass(frozen=True)
class Bounds:
    """What of a student's outputs its camera needs.

    Attributes:
        top, bottom: first row of the finest grid that is needed, and the first one below that is not.
        rows: how many rows the finest grid has.
        candidates: how many boxes are decoded.
    """

    top: int
    bottom: int
    rows: int
    candidates: int


class BoundedHead(nn.Module):
    """A Detect head whose finest level looks at some rows of the view only."""

    def __init__(self, head: Any, bounds: Bounds) -> None:
        super().__init__()
        self.head, self.bounds = head, bounds
        # By these Ultralytics knows which maps a layer reads.
        self.f, self.i = head.f, head.i

    def forward(self, maps: list[torch.Tensor]) -> dict[str, Any]:
        fine = maps[0][:, :, self.bounds.top : self.bounds.bottom]
        raw: dict[str, Any] = self.head.forward_head([fine, *maps[1:]], self.head.cv2, self.head.cv3)
        return raw


class ReducedStudent(nn.Module):
    """A student within its bounds, for one frame at a time: pixels in, its best boxes and their scores out."""

    points: torch.Tensor
    strides: torch.Tensor

    def __init__(self, student: DetectionModel, size: tuple[int, int], bounds: Bounds) -> None:
        """Take over a student.

        Args:
            student: fused, in eval mode; its head is replaced.
            size: (width, height) of the input.
            bounds: of its camera.
        """
        super().__init__()
        head = student.model[-1]
        levels = grids(head, size)
        points, strides = anchor_points(head, {"feats": [torch.zeros(1, 1, *level) for level in levels]})
        columns = levels[0][1]
        kept = np.r_[bounds.top * columns : bounds.bottom * columns, bounds.rows * columns : len(points)]
        self.register_buffer("points", points[kept])
        self.register_buffer("strides", strides[kept])
        self.reg_max, self.candidates = head.reg_max, min(bounds.candidates, len(kept))
        student.model[-1] = BoundedHead(head, bounds)
        self.student = student

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(1, 3, H, W) RGB in 0..1 -> boxes (1, K, 4) xyxy in input pixels, scores (1, K) falling."""
        raw = self.student(pixels)
        logits, best = vehicle_logits(raw)[0].topk(self.candidates)
        distances = box_distances(raw["boxes"][:, :, best], self.reg_max)
        boxes = dist2bbox(distances.transpose(1, 2), self.points[best], xywh=False) * self.strides[best]
        return boxes, logits.sigmoid()[None]


def grids(head: Any, size: tuple[int, int]) -> list[tuple[int, int]]:
    """(rows, columns) of each level of a head, finest first, for an input of (width, height)."""
    return [(size[1] // int(stride), size[0] // int(stride)) for stride in head.stride]


def bounds_of(head: Any, fitted: Letterbox, seen: Sequence[Detections], slot_model: SlotModel | None = None) -> Bounds:
    """What a camera needs, by what its student says of the camera's frames and by where small cars are known to park.

    In a fixed view small cars occur in some rows only; the finest grid, a quarter of all work, is left out of
    the others.

    Args:
        head: of the student.
        fitted: how the camera's frames lie in the input.
        seen: of each frame all anchors, in the head's order. Of few frames nothing is concluded without a slot
            model.
        slot_model: of the camera, if it was learned.
    """
    rows, columns = grids(head, fitted.input)[0]
    fired = [np.flatnonzero(one.scores >= NEEDED_SCORE) for one in seen]
    candidates = max(MIN_CANDIDATES, 2 * max((len(one) for one in fired), default=0))
    needed = [one[one < rows * columns] // columns for one in fired]
    if slot_model is not None:
        places = slot_model.in_pixels(fitted.frame)
        small = fitted.to_input(places.boxes[places.sizes * fitted.scale <= SMALL_CAR_PX].astype(np.float32))
        needed.append((small[:, [1, 3]].mean(axis=1) // head.stride[0].item()).astype(int))
    used = np.concatenate(needed) if needed else np.zeros(0, int)
    few = len(seen) < MIN_FRAMES
    if not len(used) or (few and not (slot_model and slot_model.places)):
        return Bounds(0, rows, rows, candidates)
    margin = 2 * MARGIN_ROWS if few else MARGIN_ROWS
    top, bottom = int(used.min()) - margin, int(used.max()) + 1 + margin
    return Bounds(max(0, top), min(rows, bottom), rows, candidates)

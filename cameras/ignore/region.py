"""An ignore region: the box of a thing that is no vehicle, and which detections it takes away."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from lotwise.cameras.site.mistakes import mistake_line
from lotwise.datasets.boxes import iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections

IGNORED_IOU = 0.5
"""A box is that of the thing where their IoU is at least this. Measured by ``benchmarks/slots/ignored.py``; see
docs/benchmarks.md."""
_DIGITS = 4
"""Digits after the point in which a region is kept: a tenth of a pixel of a frame 1000 pixels wide."""
_EDGE = 1e-3
"""Share of the frame by which a box may reach over its edge, as detections do; it is cut there."""

Boxes = NDArray[np.float32]
Box = tuple[float, float, float, float]
"""x1, y1, x2, y2 in 0..1 of the frame."""


class IgnoreRegion(BaseModel):
    """The box of one thing that is no vehicle.

    A region says nothing of what passes before the thing or stands beside it: those boxes are other boxes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    box: Annotated[
        Box,
        Field(description="Box of the thing, x1, y1, x2, y2 in 0..1 of the frame's width and height."),
    ]
    added: Annotated[datetime | None, Field(description="When somebody said so, with time zone.")] = None
    note: Annotated[str, Field(max_length=200, description="What it is, for people.")] = ""

    @field_validator("box")
    @classmethod
    def _lies_in_the_frame(cls, box: Box) -> Box:
        if not np.isfinite(box).all():
            raise ValueError("holds something that is no number; give x1, y1, x2, y2 in 0..1 of the frame")
        if max(box) > 1 + _EDGE or min(box) < -_EDGE:
            raise ValueError("lies outside of the frame; give x1, y1, x2, y2 in 0..1 of its width and height")
        x1, y1, x2, y2 = (round(min(max(side, 0.0), 1.0), _DIGITS) for side in box)
        if x1 >= x2 or y1 >= y2:
            raise ValueError("has no area; give x1, y1, x2, y2 with x1 < x2 and y1 < y2")
        return x1, y1, x2, y2

    @property
    def id(self) -> str:
        """8 hex digits of its box: the same thing named twice is one region."""
        return hashlib.sha256(" ".join(f"{side:.{_DIGITS}f}" for side in self.box).encode()).hexdigest()[:8]


def new_region(box: Box, note: str = "", added: datetime | None = None) -> IgnoreRegion:
    """A region from what somebody has given.

    Raises:
        InputError: no box in the frame, or a note that is too long.
    """
    try:
        return IgnoreRegion(box=box, note=note, added=added)
    except ValidationError as error:
        raise InputError(mistake_line(error, IgnoreRegion)) from None


def parse_box(text: str) -> Box:
    """``x1,y1,x2,y2`` as numbers.

    >>> parse_box("0.1,0.2,0.3,0.4")
    (0.1, 0.2, 0.3, 0.4)

    Raises:
        InputError: not four numbers.
    """
    try:
        x1, y1, x2, y2 = (float(side) for side in text.split(","))
    except ValueError:
        raise InputError("box: not four numbers; give x1,y1,x2,y2 in 0..1 of the view") from None
    return x1, y1, x2, y2


def region_boxes(regions: Sequence[IgnoreRegion]) -> Boxes:
    """(R, 4) xyxy in 0..1 of the frame."""
    return np.array([region.box for region in regions], np.float32).reshape(-1, 4)


def is_ignored(boxes: Boxes, regions: Boxes, size: tuple[int, int]) -> NDArray[np.bool_]:
    """(N,) bool: which boxes are those of things that are no vehicles.

    Args:
        boxes: (N, 4) xyxy in pixels of the frame.
        regions: (R, 4) xyxy in 0..1 of the frame.
        size: (width, height) of the frame.

    >>> is_ignored(np.float32([[0, 0, 10, 10], [0, 0, 10, 40]]), np.float32([[0, 0, 0.1, 0.1]]), (100, 100)).tolist()
    [True, False]
    """
    if not len(regions) or not len(boxes):
        return np.zeros(len(boxes), bool)
    return np.asarray(iou(boxes, regions * np.array([*size, *size], np.float32)).max(axis=1) >= IGNORED_IOU)


def without_ignored(detections: Detections, regions: Boxes, size: tuple[int, int]) -> Detections:
    """The detections that are not boxes of such things; arguments as of :func:`is_ignored`."""
    return detections[~is_ignored(detections.boxes, regions, size)] if len(regions) else detections

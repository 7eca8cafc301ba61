"""A student divided by region: each board looks at a part of the view, with a margin, and answers for its middle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.ensemble import Window
from lotwise.datasets.boxes import Boxes, area, clip
from lotwise.datasets.errors import InputError
from lotwise.students.distillation.augment import MIN_INSIDE_SHARE
from lotwise.students.distillation.samples import Sample, SampleStream
from lotwise.students.losses.targets import SampleTargets

STRIDE = 32
"""Sides of a module's input are multiples of it: the stride of the coarsest level of YOLO's head."""
WHOLE_CARS = 0.95
"""Share of the vehicles that fit into the margin: a car on a seam is seen whole by the board that answers for it."""


@dataclass(frozen=True)
class Region:
    """What a board looks at, and the part of it that it answers for; pixels of the student's input."""

    window: Window
    territory: Window


def regions_of(size: tuple[int, int], boxes: Boxes, boards: int) -> list[Region]:
    """Strips of the input, across its longer side, in which about the same number of vehicles were seen.

    Args:
        size: (width, height) of the student's input.
        boxes: (N, 4) xyxy of vehicles that were seen, pixels of the input.
        boards: how many strips.

    >>> seen = np.float32([[10, 0, 30, 20], [200, 0, 220, 20], [300, 0, 320, 20], [400, 0, 410, 20]])
    >>> [region.territory for region in regions_of((416, 320), seen, 2)]
    [(0, 0, 256, 320), (256, 0, 416, 320)]
    >>> [region.window for region in regions_of((416, 320), seen, 2)]
    [(0, 0, 288, 320), (224, 0, 416, 320)]

    Raises:
        InputError: more boards than strips of the least width.
    """
    axis = 0 if size[0] >= size[1] else 1
    side = size[axis]
    if boards * STRIDE > side:
        raise InputError(
            f"--boards {boards}: an input of {size[0]} x {size[1]} pixels has no {boards} parts; "
            f"give at most {side // STRIDE} boards"
        )
    low, high = boxes[:, axis], boxes[:, axis + 2]
    cuts = _cuts((low + high) / 2, side, boards)
    largest = float(np.quantile(high - low, WHOLE_CARS)) if len(boxes) else 0.0
    # A car whose centre lies on the seam reaches half its length beyond it.
    margin = -(-int(np.ceil(largest / 2)) // STRIDE) * STRIDE
    found = []
    for begin, end in pairwise(cuts):
        window = max(0, begin - margin), min(side, end + margin)
        found.append(Region(_strip(window, size, axis), _strip((begin, end), size, axis)))
    return found


class WindowSamples:
    """Samples of which only a part is seen: what a module of a region is taught.

    Args:
        whole: samples of the whole input.
        window: the part.
    """

    def __init__(self, whole: SampleStream, window: Window) -> None:
        self._whole, self._window = whole, window

    @property
    def identity(self) -> str:
        """Changes with the samples and the part."""
        return f"{self._whole.identity} {self._window}"

    def __len__(self) -> int:
        return len(self._whole)

    def __getitem__(self, i: int) -> Sample:
        sample = self._whole[i]
        left, top, right, bottom = self._window
        targets = sample.targets
        boxes, seen = self._seen(targets.detections.boxes)
        left_open, inside = self._seen(targets.ignore)
        told = replace(targets.detections, boxes=boxes)[seen]
        part = SampleTargets(told, (), left_open[inside])
        return Sample(np.ascontiguousarray(sample.image[top:bottom, left:right]), part)

    def latent_channels(self) -> list[int]:
        """None: of a part, the teacher's maps are not stored."""
        return []

    def _seen(self, boxes: Boxes) -> tuple[Boxes, NDArray[np.bool_]]:
        """Boxes in pixels of the part, cut there, and which of them enough is left of."""
        left, top, right, bottom = self._window
        moved = boxes - np.array([left, top, left, top], np.float32)
        cut = clip(moved, right - left, bottom - top)
        return cut, area(cut) >= MIN_INSIDE_SHARE * np.maximum(area(moved), 1e-6)


def _cuts(centres: NDArray[np.floating[Any]], side: int, boards: int) -> list[int]:
    """Where strips begin and end, in multiples of the stride."""
    shares = np.arange(1, boards) / boards
    wanted = np.quantile(centres, shares) if len(centres) >= boards else shares * side
    cuts = [0]
    for number, place in enumerate(wanted, start=1):
        least, most = cuts[-1] + STRIDE, side - (boards - number) * STRIDE
        cuts.append(int(np.clip(round(float(place) / STRIDE) * STRIDE, least, most)))
    return [*cuts, side]


def _strip(part: tuple[int, int], size: tuple[int, int], axis: int) -> Window:
    return (part[0], 0, part[1], size[1]) if axis == 0 else (0, part[0], size[0], part[1])

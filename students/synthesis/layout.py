"""Where vehicles stand in a view, how large and how many: learned from boxes, and drawn anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.recurring_boxes import SAME_CAR_IOU, car_size, gather_boxes
from lotwise.datasets.boxes import iou
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections

Floats = NDArray[np.float32]
MAX_JITTER = 2.0
"""Standard deviations by which a drawn box differs from its place at most."""


@dataclass(frozen=True)
class Layout:
    """Where vehicles stand.

    Attributes:
        boxes: (P, 4) mean box of each place, xyxy in 0..1 of the frame.
        spreads: (P, 4) standard deviation of x and y of the middle, of width and of height, in 0..1 of the frame.
        shares: (P,) of the frames in which a vehicle was there, 0..1.
        scores: (P,) mean of the teacher's scores there, 0..1.
        mean, deviation: of the number of vehicles on a frame.
    """

    boxes: Floats
    spreads: Floats
    shares: Floats
    scores: Floats
    mean: float
    deviation: float

    def __len__(self) -> int:
        return len(self.boxes)


def learn_layout(said: Sequence[Detections], size: tuple[int, int], threshold: float, least: int) -> Layout:
    """The places where boxes recur over a camera's frames.

    Args:
        said: what the teacher says of each frame, in pixels.
        size: (width, height) of the frames.
        threshold: boxes from this score up are vehicles.
        least: frames in which a place must have been taken; what stood there once is one vehicle's own story.

    Raises:
        InputError: no vehicles, or none that stood twice at one place.
    """
    vehicles = [found[found.scores >= threshold] for found in said]
    sizes = car_size(vehicles) if vehicles else None
    if sizes is None:
        raise InputError(
            f"{sum(map(len, vehicles))} vehicles on {len(vehicles)} frames are too few to tell where they stand; give "
            "more frames, or frames with more vehicles"
        )
    cars, clusters = gather_boxes(vehicles, sizes, size)
    scale = np.array([*size, *size], np.float64)
    boxes, spreads, shares, scores = [], [], [], []
    for member in clusters.member:
        frames = np.flatnonzero(member >= 0)
        if len(frames) < least:
            continue
        own = np.stack([cars[frame].boxes[member[frame]] for frame in frames]) / scale
        boxes.append(own.mean(0))
        spreads.append(_middle_and_size(own).std(0))
        shares.append(len(frames) / len(said))
        scores.append(np.mean([cars[frame].scores[member[frame]] for frame in frames]))
    if not boxes:
        raise InputError(
            f"no vehicle was seen at one place on {least} of {len(said)} frames, so there is no layout to tell; give "
            "more frames"
        )
    counts = [int((clusters.member[:, frame] >= 0).sum()) for frame in range(len(said))]
    return Layout(
        np.clip(np.array(boxes), 0, 1).astype(np.float32),
        np.array(spreads, np.float32),
        np.array(shares, np.float32),
        np.array(scores, np.float32).clip(0, 1),
        float(np.mean(counts)),
        float(np.std(counts)),
    )


def draw_boxes(layout: Layout, generator: np.random.Generator) -> tuple[Floats, Floats]:
    """Boxes of one picture: as many as a frame has, at places that are taken as often, none of them twice.

    Args:
        layout: to draw from.
        generator: source of randomness.

    Returns:
        (N, 4) xyxy in 0..1 of the frame, and (N,) the scores that the teacher gives there.
    """
    wanted = int(np.clip(round(generator.normal(layout.mean, layout.deviation)), 1, len(layout)))
    order = generator.choice(len(layout), len(layout), replace=False, p=layout.shares / layout.shares.sum())
    jitter = generator.standard_normal((len(layout), 4)).clip(-MAX_JITTER, MAX_JITTER) * layout.spreads
    moved = _corners(_middle_and_size(layout.boxes) + jitter)
    chosen: list[int] = []
    for place in order:
        if len(chosen) == wanted:
            break
        box = moved[place]
        if box[2] - box[0] <= 0 or box[3] - box[1] <= 0:
            continue
        if not chosen or iou(moved[place : place + 1], moved[chosen]).max() <= SAME_CAR_IOU:
            chosen.append(int(place))
    return moved[chosen], layout.scores[chosen]


def _middle_and_size(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N, 4) xyxy -> middle x, y, width, height."""
    low, high = np.asarray(boxes, np.float64)[:, :2], np.asarray(boxes, np.float64)[:, 2:]
    return np.concatenate([(low + high) / 2, high - low], axis=1)


def _corners(places: NDArray[np.float64]) -> Floats:
    """(N, 4) middle x, y, width, height -> xyxy, cut to 0..1."""
    half = places[:, 2:] / 2
    return np.concatenate([places[:, :2] - half, places[:, :2] + half], axis=1).clip(0, 1).astype(np.float32)

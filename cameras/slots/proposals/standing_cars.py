"""Where cars stood still: boxes that lie in the same place in frames apart in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.proposals.ground_view import Floats
from lotwise.cameras.slots.recurring_boxes import car_size, gather_boxes
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections

SAME_BOX_IOU = 0.75
"""Two boxes of successive frames are of a car that stood still from here on. Of cars at random places of a lane that
are close enough to be gathered, less than half agree so well."""
SAME_PLACE_IOU = 0.6
"""Two boxes of frames that are far apart are of cars in one place from here on: cars differ."""
MIN_AGREEING_SHARE = 0.6
"""Share of a place's boxes that agree with the one before, where no car was seen in two frames one after the other."""
MIN_AGREEING_FRAMES = 0.04
"""As many of them, as a share of all frames; at least one."""
SURE_SCORE = 0.5
"""A place that no box of such a score was ever seen at may be no car, if it never was without."""
MIN_SCORE = 0.3
"""A place without a box of such a score is no place."""
ALWAYS_SHARE = 0.9
"""Share of the frames in which a place is seen that is never empty."""
MIN_FRAMES_FOR_ALWAYS = 8
"""Frames below which nothing is said about what is never empty."""
BORDER_PX = 3.0
"""Pixels from the border within which the side of a box is cut off rather than seen."""


@dataclass(frozen=True)
class StandingCars:
    """Places where cars stood still, one box a place.

    Attributes:
        boxes: (N, 4) mean box, xyxy in pixels.
        frames: (N,) frames in which a car was seen there.
        stays: (N,) runs of frames with the same box, as of one car.
        days: (N,) days on which a car was seen there.
        scores: (N,) mean score.
        cut: (N,) whether the border of the frame cuts the box.
        never_empty: (N,) seen nearly always, and never surely: perhaps no car.
    """

    boxes: Floats
    frames: NDArray[np.int64]
    stays: NDArray[np.int64]
    days: NDArray[np.int64]
    scores: Floats
    cut: NDArray[np.bool_]
    never_empty: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.boxes)

    def __getitem__(self, keep: NDArray[np.bool_] | NDArray[np.integer]) -> StandingCars:
        return StandingCars(
            self.boxes[keep], self.frames[keep], self.stays[keep], self.days[keep], self.scores[keep],
            self.cut[keep], self.never_empty[keep],
        )  # fmt: skip


def find_standing_cars(
    frames: Sequence[Detections], times: Sequence[datetime | None], size: tuple[int, int]
) -> StandingCars:
    """Places where a car stood still at least once.

    A car stood still where boxes of two frames, one right after the other, agree; or, where frames are far apart,
    where boxes come back to the same place often enough and agree most of the time.

    Args:
        frames: detections of each frame in order of time, in pixels.
        times: when each was taken; None where it is not known, which counts as one day.
        size: width and height of the frames, px.
    """
    sizes = car_size(frames) if frames else None
    if sizes is None:
        return _none()
    cars, clusters = gather_boxes(frames, sizes, size)
    day_of = _days(times)
    rows: list[tuple[int, int, int, float, bool]] = []
    kept: list[int] = []
    for place, member in enumerate(clusters.member):
        seen = np.flatnonzero(member >= 0)
        boxes = np.array([cars[frame].boxes[member[frame]] for frame in seen], np.float32)
        scores = np.array([cars[frame].scores[member[frame]] for frame in seen])
        always = len(frames) >= MIN_FRAMES_FOR_ALWAYS and len(seen) >= ALWAYS_SHARE * len(frames)
        never_empty = always and scores.max() < SURE_SCORE
        overlap = np.array([iou(one[None], other[None])[0, 0] for one, other in pairwise(boxes)])
        agree, again = overlap >= SAME_BOX_IOU, overlap >= SAME_PLACE_IOU
        follow = np.diff(seen) == 1
        same_day = np.diff(day_of[seen]) == 0
        often = again.sum() >= max(1.0, MIN_AGREEING_FRAMES * len(frames))
        stood = (agree & follow).any() or (often and again.mean() >= MIN_AGREEING_SHARE)
        if not stood or (scores.max() < MIN_SCORE and not never_empty):
            continue
        kept.append(place)
        # One frame without a box, behind a passer-by, ends no stay.
        stays = 1 + int((~(agree & (np.diff(seen) <= 2) & same_day)).sum())
        rows.append((len(seen), stays, len(set(day_of[seen].tolist())), float(scores.mean()), bool(never_empty)))
    if not kept:
        return _none()
    places = clusters.boxes[kept]
    cut = np.asarray((places[:, :2] <= BORDER_PX).any(1) | (places[:, 2:] >= np.array(size) - BORDER_PX).any(1))
    count, stays_of, days, mean, never = (np.array(column) for column in zip(*rows, strict=True))
    return StandingCars(places, count, stays_of, days, mean, cut, never)


def _none() -> StandingCars:
    numbers, flags = np.zeros(0, np.int64), np.zeros(0, bool)
    return StandingCars(np.zeros((0, 4)), numbers, numbers, numbers, np.zeros(0), flags, flags)


def _days(times: Sequence[datetime | None]) -> NDArray[np.int64]:
    """(F,) number of the day of each frame; one without a time belongs to the day before it."""
    found, number, last = [], 0, None
    for time in times:
        if time is not None and last is not None and time.date() != last:
            number += 1
        last = last if time is None else time.date()
        found.append(number)
    return np.array(found, np.int64)

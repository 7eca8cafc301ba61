"""What to draw of a model's detections on a frame: one outline each, with its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Detections, VehicleTruth
from lotwise.eval.metrics.matching import match

Verdict = Literal["right", "false", "missed", "ignored", "unsure", "seen"]
"""``unsure``: a slot called unknown. ``seen``: a box behind a slot's state, judged by nobody."""


@dataclass(frozen=True)
class Mark:
    """One outline on a picture.

    Attributes:
        verdict: what to think of it.
        outline: (K, 2) float32 x, y in pixels of the original frame.
        label: a few characters to draw beside it, or empty.
        title: one sentence about it.
        solid: whether to fill it lightly: a slot that is called occupied.
    """

    verdict: Verdict
    outline: NDArray[np.float32]
    label: str
    title: str
    solid: bool = False


def box_marks(detections: Detections, truth: VehicleTruth) -> tuple[Mark, ...]:
    """Detections and vehicles of one frame by verdict; the errors last, so that they lie on top."""
    matching = match(detections, truth)
    marks = [
        Mark("ignored", corners(box), "", "region that nobody has labelled: what is found here does not count")
        for box in truth.boxes[truth.ignore]
    ]
    verdicts: tuple[tuple[Verdict, NDArray[np.bool_], str], ...] = (
        ("ignored", matching.ignored, "found in a region that nobody has labelled: does not count"),
        ("right", matching.right, "right: a vehicle it found"),
        ("false", matching.false, "false: no vehicle here, or one found twice or with a poor box"),
    )
    for verdict, chosen, title in verdicts:
        marks += [
            Mark(verdict, corners(box), f"{score:.2f}", f"{title} (score {score:.2f})")
            for box, score in zip(detections.boxes[chosen], detections.scores[chosen], strict=True)
        ]
    marks += [
        Mark("missed", corners(box), "", "missed: a vehicle it did not find") for box in truth.boxes[matching.missed]
    ]
    return tuple(marks)


def corners(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """(4,) xyxy -> (4, 2) x, y clockwise from the upper left."""
    x1, y1, x2, y2 = box
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)

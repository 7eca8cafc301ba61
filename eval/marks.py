"""What to draw of a model's detections on a frame: one outline each, with its verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Detections, VehicleTruth
from lotwise.eval.metrics.matching import match

Verdict = Literal["right", "false", "missed", "ignored", "unsure", "seen", "shared", "extra", "lacking"]
"""``unsure``: a slot called unknown. ``seen``: a box behind a slot's state, judged by nobody. The last three stand
where there is no truth: a box that the teacher has too, one that it does not have, and one that only it has."""
ERRORS: frozenset[Verdict] = frozenset({"false", "missed", "unsure", "extra", "lacking"})
"""Verdicts by which one frame is worse than another."""


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


@dataclass(frozen=True)
class BoxVerdicts:
    """What boxes are called, each as a verdict and a sentence.

    Attributes:
        found: a detection of a box that was to be found.
        other: a detection of none.
        not_found: a box that was to be found and was not.
        region: why nothing counts in a region.
    """

    found: tuple[Verdict, str]
    other: tuple[Verdict, str]
    not_found: tuple[Verdict, str]
    region: str


BY_TRUTH = BoxVerdicts(
    ("right", "right: a vehicle it found"),
    ("false", "false: no vehicle here, or one found twice or with a poor box"),
    ("missed", "missed: a vehicle it did not find"),
    "nobody has labelled this region: what is found here does not count",
)


def box_marks(detections: Detections, truth: VehicleTruth, verdicts: BoxVerdicts = BY_TRUTH) -> tuple[Mark, ...]:
    """Detections and vehicles of one frame by verdict; the errors last, so that they lie on top."""
    matching = match(detections, truth)
    marks = [Mark("ignored", corners(box), "", verdicts.region) for box in truth.boxes[truth.ignore]]
    chosen_ones: tuple[tuple[tuple[Verdict, str], NDArray[np.bool_]], ...] = (
        (("ignored", verdicts.region), matching.ignored),
        (verdicts.found, matching.right),
        (verdicts.other, matching.false),
    )
    for (verdict, title), chosen in chosen_ones:
        marks += [
            Mark(verdict, corners(box), f"{score:.2f}", f"{title} (score {score:.2f})")
            for box, score in zip(detections.boxes[chosen], detections.scores[chosen], strict=True)
        ]
    verdict, title = verdicts.not_found
    marks += [Mark(verdict, corners(box), "", title) for box in truth.boxes[matching.missed]]
    return tuple(marks)


def corners(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """(4,) xyxy -> (4, 2) x, y clockwise from the upper left."""
    x1, y1, x2, y2 = box
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)

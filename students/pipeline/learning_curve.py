"""A learning curve: how far students of 1, 2, 4, … frames agree with the teacher, and when more stop paying."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from rich import box
from rich.table import Table

MIN_GAIN_PER_DOUBLING = 0.01
"""Gain in agreement that twice the frames must bring to pay: less is within the noise of a
few held-out frames (docs/frames.md)."""


@dataclass(frozen=True)
class Point:
    """One student.

    Attributes:
        frames: how many it learned from; 0 is the untouched nano.
        agreement: F1 of its boxes against the teacher's on the frames that are measured on, 0..1.
        seconds: that its training took.
    """

    frames: int
    agreement: float
    seconds: float


def gain_per_doubling(fewer: Point, more: Point) -> float:
    """By how much agreement grows from one student to a later one for every doubling of the frames."""
    return (more.agreement - fewer.agreement) / math.log2(more.frames / fewer.frames)


@dataclass(frozen=True)
class Curve:
    """The students of one camera.

    Attributes:
        camera: its id.
        order: names of the frames, the most telling first; a student of n frames learned from the first n.
        tested: how many frames they are measured on.
        learned: how many of these frames show a picture that one of the students learned from; 0 where all of them
            were held out.
        points: by number of frames, the untouched nano first.
        note: how the frames were divided.
    """

    camera: str
    order: tuple[str, ...]
    tested: int
    learned: int
    points: tuple[Point, ...]
    note: str

    @property
    def gains(self) -> tuple[float, ...]:
        """Gain in agreement per doubling of the frames, from each student to the next one; the nano left out."""
        return tuple(gain_per_doubling(fewer, more) for fewer, more in pairwise(self.points[1:]))

    @property
    def enough(self) -> int | None:
        """Fewest frames beyond which a doubling gains less than ``MIN_GAIN_PER_DOUBLING``; None where it gains still.

        Growth is counted from there to every larger number, so that making good a dip is no gain.
        """
        students = self.points[1:]
        for place, one in enumerate(students[:-1]):
            if all(gain_per_doubling(one, more) < MIN_GAIN_PER_DOUBLING for more in students[place + 1 :]):
                return one.frames
        return None

    @property
    def verdict(self) -> str:
        """One sentence for the operator; a second one where students were measured on what they learned from."""
        if not self.learned:
            return self._said
        return (
            f"{self._said} But {self.learned} of the {self.tested} frames measured on were also learned from, so this "
            "does not show how well new frames would do."
        )

    @property
    def _said(self) -> str:
        last = self.points[-1]
        if not self.gains:
            return f"{self.camera}: one student is no curve; give two --counts or more distinct frames."
        if self.enough is None:
            return (
                f"{self.camera}: not flat yet at {last.frames} frames: the last doubling still brought "
                f"{self.gains[-1]:+.3f} agreement."
            )
        best = next(point for point in self.points if point.frames == self.enough)
        return (
            f"{self.camera}: more frames stop paying after {self.enough}: beyond, a doubling brings less than "
            f"{MIN_GAIN_PER_DOUBLING} agreement ({best.agreement:.3f} with {best.frames}, {last.agreement:.3f} with "
            f"{last.frames})."
        )

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "gains_per_doubling": self.gains, "enough": self.enough, "verdict": self.verdict}


def _measured_on(found: Sequence[Curve]) -> str:
    """Which frames the figures of these cameras come from."""
    if not any(curve.learned for curve in found):
        return "on frames held out"
    if all(curve.learned == curve.tested for curve in found):
        return "on the frames learned from, none held out"
    return "on frames that are in part learned from"


def table(found: Sequence[Curve]) -> Table:
    """Cameras and counts, one row a student."""
    title = f"agreement with the teacher {_measured_on(found)}"
    result = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left")
    result.add_column("camera")
    for heading in ("frames", "agreement", "gain per doubling", "training s"):
        result.add_column(heading, justify="right")
    for curve in found:
        gains = ["", "", *(f"{gain:+.3f}" for gain in curve.gains)]
        for point, gain in zip(curve.points, gains, strict=False):
            frames = str(point.frames) if point.frames else "untouched"
            result.add_row(curve.camera, frames, f"{point.agreement:.3f}", gain, f"{point.seconds:.0f}")
        result.add_section()
    return result

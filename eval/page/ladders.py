"""What smaller students of a camera cost and lose, as a chart of the report."""

from __future__ import annotations

from dataclasses import dataclass

from lotwise.eval.page.charts import Tick
from lotwise.students.pipeline.records import RightSizeRecord

ACROSS, DOWN, LEFT, TOP = 420, 200, 50, 12
"""The area of the points: width and height, and where it begins, px."""
LEAST_LOSS = 0.05
"""The loss up to which a chart reaches at least, so that small losses look small."""


@dataclass(frozen=True)
class LadderDot:
    """One student: its place in pixels, its name, a sentence about it, and whether the camera got it."""

    x: float
    y: float
    name: str
    title: str
    taken: bool


@dataclass(frozen=True)
class LadderChart:
    """The students that were tried for one camera: time of a frame against what is lost.

    Attributes:
        camera: its id.
        why: the reason for the choice.
        width, height: of the whole chart, px.
        left, top, right, bottom: of the area with the points, px.
        times, losses: grid lines across and down.
        allowed: where the largest loss that was allowed lies, px; None where speed decided.
        dots: a student each.
    """

    camera: str
    why: str
    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    times: tuple[Tick, ...]
    losses: tuple[Tick, ...]
    allowed: float | None
    dots: tuple[LadderDot, ...]


def ladder_chart(camera: str, ladder: RightSizeRecord) -> LadderChart:
    """The chart of one camera; losses below 0, of students that are better, lie on the axis."""
    slowest = max(rung.ms for rung in ladder.rungs) * 1.08
    highest = max(LEAST_LOSS, *(rung.loss for rung in ladder.rungs)) * 1.08

    def x_of(ms: float) -> float:
        return round(LEFT + ms / slowest * ACROSS, 1)

    def y_of(loss: float) -> float:
        return round(TOP + (1 - max(loss, 0.0) / highest) * DOWN, 1)

    dots = tuple(
        LadderDot(
            x_of(rung.ms),
            y_of(rung.loss),
            rung.name,
            f"{rung.name}: {rung.ms:.1f} ms, loses {rung.loss:.3f}; {rung.why}",
            rung.name == ladder.taken,
        )
        for rung in ladder.rungs
    )
    quarters = (0.0, 0.25, 0.5, 0.75, 1.0)
    return LadderChart(
        camera, ladder.why, LEFT + ACROSS + 14, TOP + DOWN + 36, LEFT, TOP, LEFT + ACROSS, TOP + DOWN,
        tuple(Tick(x_of(slowest * part), f"{slowest * part:.0f}") for part in quarters),
        tuple(Tick(y_of(highest * part), f"{highest * part:.2f}") for part in quarters),
        None if ladder.allowed is None else y_of(ladder.allowed), dots,
    )  # fmt: skip

"""The report draws what smaller students cost and lose."""

from lotwise.eval.page.ladders import ladder_chart
from lotwise.students.pipeline.records import RightSizeRecord, RungRecord


def rung(name: str, ms: float, loss: float) -> RungRecord:
    return RungRecord(
        name=name, input=(64, 64), ms=ms, mb=6.0, steps=10, seconds=1.0, f1=loss, strict=0.0, small=0.0, slots=None,
        changed=None, boxes=0.0, loss=loss, why="because",
    )  # fmt: skip


def test_students_stand_by_their_time_and_their_loss() -> None:
    rungs = (rung("full", 40.0, 0.0), rung("416", 20.0, 0.01), rung("256", 8.0, 0.2), rung("512", 30.0, -0.05))
    ladder = RightSizeRecord(
        inputs="", asked="balanced", allowed=0.02, frames=3, taken="416", weights="w", why="416 holds", cost=1.2,
        rungs=rungs,
    )  # fmt: skip
    chart = ladder_chart("C1", ladder)
    at = {dot.name: dot for dot in chart.dots}
    assert at["full"].x > at["512"].x > at["416"].x > at["256"].x > chart.left
    assert at["512"].y == at["full"].y == chart.bottom  # what is better loses nothing
    assert chart.allowed is not None and at["256"].y < chart.allowed < at["416"].y
    assert [dot.name for dot in chart.dots if dot.taken] == ["416"]
    assert "loses 0.010" in at["416"].title

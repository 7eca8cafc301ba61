"""Where everything stands in the charts of a report; the templates draw it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lotwise.eval.comparison import Report, shown
from lotwise.eval.metrics.average_precision import Curve
from lotwise.eval.rows import ALL, ROLES, Role, Row


@dataclass(frozen=True)
class Dot:
    """The symbol of a role, in pixels of its chart, with a sentence about it."""

    role: Role
    x: float
    y: float
    title: str


@dataclass(frozen=True)
class Tick:
    """A grid line at ``at`` pixels with its label."""

    at: float
    label: str


@dataclass(frozen=True)
class CurveChart:
    """Precision against recall of one camera: a line per role, a dot where the role is at work.

    Attributes:
        width, height: of the whole chart, px.
        left, top, right, bottom: of the area with the curves, px.
        recalls, precisions: grid lines across and down.
        lines: points of a polyline by role, as SVG writes them.
        dots: where the roles are at work.
        summary: the figures in words.
    """

    width: float
    height: float
    left: float
    top: float
    right: float
    bottom: float
    recalls: tuple[Tick, ...]
    precisions: tuple[Tick, ...]
    lines: Mapping[Role, str]
    dots: tuple[Dot, ...]
    summary: str


@dataclass(frozen=True)
class CameraLine:
    """One camera of the camera chart, at ``y`` pixels.

    Attributes:
        way: from baseline to student, px, where both were measured.
        worse: whether that way leads back.
    """

    camera: str
    y: float
    way: tuple[float, float] | None
    worse: bool
    dots: tuple[Dot, ...]


@dataclass(frozen=True)
class CameraChart:
    """The headline figure of each camera on one scale: how far each student came; where the teacher is."""

    width: float
    height: float
    left: float
    top: float
    bottom: float
    ticks: tuple[Tick, ...]
    lines: tuple[CameraLine, ...]


def curve_chart(curves: Mapping[Role, Curve], rows: Mapping[Role, Row]) -> CurveChart:
    """The chart of one camera."""
    across, down, left, top = 330, 226, 46, 10

    def at(recall: float, precision: float) -> tuple[float, float]:
        return round(left + recall * across, 1), round(top + (1 - precision) * down, 1)

    ticks = (0, 0.25, 0.5, 0.75, 1)
    lines: dict[Role, str] = {}
    for role in ROLES:
        if role in curves:
            points = (at(r, p) for r, p in zip(curves[role].recall, curves[role].precision, strict=True))
            lines[role] = " ".join(f"{x},{y}" for x, y in points)
    dots = []
    for role, row in rows.items():
        if row.deployed_precision is not None and row.deployed_recall is not None:
            figures = f"precision {row.deployed_precision:.3f}, recall {row.deployed_recall:.3f}"
            dots.append(Dot(role, *at(row.deployed_recall, row.deployed_precision), f"{role} at work: {figures}"))
    return CurveChart(
        left + across + 14, top + down + 34, left, top, left + across, top + down,
        tuple(Tick(at(tick, 0)[0], f"{tick:g}") for tick in ticks),
        tuple(Tick(at(0, tick)[1], f"{tick:g}") for tick in ticks),
        lines, tuple(dots),
        ", ".join(f"{role} mAP50 {row.map50:.3f}" for role, row in rows.items() if row.map50 is not None),
    )  # fmt: skip


def camera_chart(report: Report) -> CameraChart:
    """The chart of all cameras that could be measured, and of all together."""
    column = report.protocol.headline
    figures = {
        camera: {
            role: float(value)
            for role, row in report.of_camera(camera).items()
            if (value := getattr(row, column.field)) is not None
        }
        for camera in (*report.cameras, ALL)
    }
    figures = {camera: values for camera, values in figures.items() if values}
    lowest = min((value for values in figures.values() for value in values.values()), default=0)
    low = max(0.0, int(lowest * 10 - 0.5) / 10)
    width, left, right, line, top = 460, 46, 20, 27, 6
    height = top + line * len(figures) + 26

    def at(value: float) -> float:
        return round(left + (value - low) / (1 - low) * (width - left - right), 1)

    lines = []
    for index, (camera, values) in enumerate(figures.items()):
        y = top + line * (index + 0.5)
        both = "baseline" in values and "student" in values
        dots = tuple(
            Dot(role, at(value), y, f"{camera}, {role}: {column.title} {shown(report.of_camera(camera)[role], column)}")
            for role, value in values.items()
        )
        lines.append(
            CameraLine(
                camera,
                y,
                (at(values["baseline"]), at(values["student"])) if both else None,
                both and values["student"] < values["baseline"],
                dots,
            )
        )
    steps = [round(low + step / 10, 1) for step in range(round((1 - low) * 10) + 1)]
    return CameraChart(
        width, height, left, top, height - 22, tuple(Tick(at(step), f"{step:.1f}") for step in steps), tuple(lines)
    )

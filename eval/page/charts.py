"""Charts of a report as inline SVG, coloured by the page's style sheet."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from lotwise.eval.metrics.average_precision import Curve
from lotwise.eval.rows import ALL, ROLES, Report, Role, Row
from lotwise.eval.table import HEADLINE, ROLE_NAMES, shown


def curve_chart(curves: Mapping[Role, Curve], rows: Mapping[Role, Row]) -> str:
    """Precision against recall of one camera, a line per role, a dot where the role is at work."""
    across, down, left, top = 330, 226, 46, 10
    width, height = left + across + 14, top + down + 34

    def at(recall: float, precision: float) -> tuple[float, float]:
        return round(left + recall * across, 1), round(top + (1 - precision) * down, 1)

    parts = [
        f'<svg class="chart curves" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Precision against recall: {escape(_curve_summary(rows))}">'
    ]
    for tick in (0, 0.25, 0.5, 0.75, 1):
        x, y = at(tick, tick)
        parts.append(f'<path class="grid" d="M{left} {y}H{left + across}M{x} {top}V{top + down}"/>')
        parts.append(f'<text class="tick" x="{left - 6}" y="{y + 3.5}" text-anchor="end">{tick:g}</text>')
        parts.append(f'<text class="tick" x="{x}" y="{top + down + 14}" text-anchor="middle">{tick:g}</text>')
    parts.append(
        f'<text class="axis" x="{left + across / 2}" y="{height - 4}" text-anchor="middle">'
        "recall: share found →</text>"
        f'<text class="axis" transform="translate(11 {top + down / 2}) rotate(-90)" text-anchor="middle">'
        "precision: share of boxes right →</text>"
    )
    for role in ROLES:
        if role in curves:
            points = " ".join(
                f"{x},{y}"
                for x, y in (at(r, p) for r, p in zip(curves[role].recall, curves[role].precision, strict=True))
            )
            parts.append(
                f'<polyline class="line {role}" points="{points}"><title>{ROLE_NAMES[role]}</title></polyline>'
            )
    for role, row in rows.items():
        if row.deployed_precision is not None and row.deployed_recall is not None:
            x, y = at(row.deployed_recall, row.deployed_precision)
            figures = f"precision {row.deployed_precision:.3f}, recall {row.deployed_recall:.3f}"
            title = f"{ROLE_NAMES[role]} at work: {figures}"
            parts.append(f'<g class="point {role}"><title>{title}</title>{_symbol(role, x, y)}</g>')
    return "".join([*parts, "</svg>"])


def camera_chart(report: Report) -> str:
    """The headline figure of each camera on one scale: how far each student came; where the teacher is."""
    column = HEADLINE[report.protocol]
    cameras = [
        camera
        for camera in (*report.cameras, ALL)
        if any(getattr(row, column.field) is not None for row in report.of_camera(camera).values())
    ]
    figures = [
        getattr(row, column.field)
        for camera in cameras
        for row in report.of_camera(camera).values()
        if getattr(row, column.field) is not None
    ]
    low = max(0.0, int(min(figures, default=0) * 10 - 0.5) / 10)
    width, left, right, line, top = 460, 46, 20, 27, 6
    height = top + line * len(cameras) + 26

    def at(value: float) -> float:
        return round(left + (value - low) / (1 - low) * (width - left - right), 1)

    parts = [
        f'<svg class="chart cameras" viewBox="0 0 {width} {height}" role="img" aria-label="{column.title} by camera">'
    ]
    ticks = [round(low + step / 10, 1) for step in range(round((1 - low) * 10) + 1)]
    for tick in ticks:
        parts.append(f'<path class="grid" d="M{at(tick)} {top}V{height - 22}"/>')
        parts.append(f'<text class="tick" x="{at(tick)}" y="{height - 8}" text-anchor="middle">{tick:.1f}</text>')
    for index, camera in enumerate(cameras):
        y = top + line * (index + 0.5)
        values = {
            role: getattr(row, column.field)
            for role, row in report.of_camera(camera).items()
            if getattr(row, column.field) is not None
        }
        weight = ' class="name total"' if camera == ALL else ' class="name"'
        parts.append(f'<text{weight} x="{left - 12}" y="{y + 4}" text-anchor="end">{escape(camera)}</text>')
        if "baseline" in values and "student" in values:
            way = "way down" if (values["student"] < values["baseline"]) else "way"
            parts.append(f'<path class="{way}" d="M{at(values["baseline"])} {y}H{at(values["student"])}"/>')
        for role, value in values.items():
            figure = shown(report.of_camera(camera)[role], column)
            title = f"{escape(camera)}, {ROLE_NAMES[role]}: {column.title} {figure}"
            parts.append(f'<g class="point {role}"><title>{title}</title>{_symbol(role, at(value), y)}</g>')
    return "".join([*parts, "</svg>"])


def key(role: Role) -> str:
    """The role's line and symbol, for a legend."""
    return (
        '<svg class="chart key" viewBox="0 0 34 14" aria-hidden="true">'
        f'<path class="line {role}" d="M1 7H33"/><g class="point {role}">{_symbol(role, 17, 7)}</g></svg>'
    )


def _symbol(role: Role, x: float, y: float) -> str:
    # Shape tells the roles apart where colour cannot: diamond, ring, disc.
    if role == "teacher":
        return f'<path d="M{x} {y - 5.5}l5.5 5.5l-5.5 5.5l-5.5 -5.5z"/>'
    return f'<circle cx="{x}" cy="{y}" r="{4.2 if role == "baseline" else 5}"/>'


def _curve_summary(rows: Mapping[Role, Row]) -> str:
    return ", ".join(f"{ROLE_NAMES[r]} mAP50 {row.map50:.3f}" for r, row in rows.items() if row.map50 is not None)

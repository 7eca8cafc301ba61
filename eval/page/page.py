"""The report as one HTML page for people who run car parks: no other file, no script, no network."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from lotwise.eval.metrics.average_precision import MAX_DETECTIONS
from lotwise.eval.page.charts import camera_chart, curve_chart, key
from lotwise.eval.page.pictures import Mark, Picture
from lotwise.eval.page.style import STYLE
from lotwise.eval.rows import ALL, ROLES, Protocol, Report, Role, Row
from lotwise.eval.table import (
    COLUMNS,
    HEADLINE,
    MARKS,
    ROLE_NAMES,
    TITLES,
    Column,
    against_baseline,
    is_best,
    remarks,
    shown,
    verdict,
)

WHO: Mapping[Role, str] = {
    "teacher": "the large model that the small one learns from; too slow to run beside a camera",
    "baseline": "the small model as it was downloaded, before it learnt anything here",
    "student": "the same small model after it learnt this camera's view from the teacher",
}
BOX_LEGEND = (
    ("right", "right: a vehicle it found, with its score"),
    ("false", "false: no vehicle, or one found twice (crossed out)"),
    ("missed", "missed: a vehicle it did not find"),
    ("ignored", "does not count: nobody has labelled this region"),
)
SLOT_LEGEND = (
    ("right solid", "right: called occupied, and it is (filled)"),
    ("right", "right: called free, and it is"),
    ("false", "wrong: says the opposite of the label (crossed out; filled if called occupied)"),
    ("unsure", "no answer: the slot is called unknown"),
    ("seen", "box of a vehicle it saw"),
)


def page(report: Report, pictures: Sequence[Picture] = (), title: str = "Parking camera report") -> str:
    """The whole page.

    Args:
        report: what ``evaluate`` returned.
        pictures: what ``draw_pictures`` returned; at most one per camera.
        title: shown by the browser and above the headline; plain text.
    """
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
{_head(report, title)}
{_by_camera(report)}
{_table(report)}
{_cameras(report, pictures)}
{_words(report)}
<footer>Protocol <b>{report.protocol}</b>: {TITLES[report.protocol]}. Average precision by pycocotools:
101 recall points, at most {MAX_DETECTIONS} detections a frame, ignore regions excused.</footer>
</main>
</body>
</html>
"""


def in_words(protocol: Protocol, row: Row) -> str:
    """What the figures of a row at its deployed confidence mean, without a word of jargon."""
    if protocol == "slots":
        if row.accuracy is None or row.count_error is None:
            return "Nothing to measure it by."
        off = f"its count of cars is off by {row.count_error:.1f} per picture"
        return f"Of 100 slots it says {_hundred(row.accuracy)} rightly; {off}."
    if row.deployed_recall is None:
        return "Nothing to measure it by."
    what = "vehicles that the teacher sees" if protocol == "teacher" else "vehicles"
    found = f"Of 100 {what} it finds {_hundred(row.deployed_recall)}"
    if row.deployed_precision is None:
        return f"{found}; it draws no boxes at all."
    return f"{found}; of 100 boxes it draws, {_hundred(1 - row.deployed_precision)} are wrong."


def _hundred(share: float) -> str:
    # 99.6 of 100 must not read as all of them, nor 0.4 as none.
    of_hundred = share * 100
    return f"{of_hundred:.1f}" if 0 < of_hundred < 1 or 99 < of_hundred < 100 else f"{of_hundred:.0f}"


def _headline(report: Report) -> str:
    rows = report.of_camera(ALL)
    field = "accuracy" if report.protocol == "slots" else "deployed_recall"
    before, after = (getattr(rows[role], field) if role in rows else None for role in ("baseline", "student"))
    if after is None:
        return {
            "vehicles": "How well vehicles are found",
            "slots": "How well slots are read",
            "teacher": "How well the teacher is followed",
        }[report.protocol]
    done = {
        "vehicles": "The student finds {} of 100 vehicles",
        "slots": "The student reads {} of 100 slots rightly",
        "teacher": "The student finds {} of the 100 vehicles that the teacher sees",
    }[report.protocol].format(_hundred(after))
    return done if before is None else f"{done}; before it learnt, {_hundred(before)}"


def _head(report: Report, title: str) -> str:
    column = HEADLINE[report.protocol]
    rows = report.of_camera(ALL)
    cards = []
    for role in ROLES:
        if role not in rows:
            continue
        row = rows[role]
        change = against_baseline(row, rows, column)
        gain = ""
        if change:
            difference = float(shown(row, column)) - float(shown(rows["baseline"], column))
            gain = f'<span class="change {change}">{MARKS[change]} {difference:+.{column.digits}f}</span>'
        cards.append(
            f'<section class="card {role}"><h3>{key(role)}{ROLE_NAMES[role].capitalize()}</h3>'
            f'<p class="small soft">{WHO[role]}</p>'
            f'<p class="figure">{shown(row, column)} <small>{column.title}</small>{gain}</p>'
            f"<p>{in_words(report.protocol, row)}</p></section>"
        )
    items = "".join(f"<li>{escape(note)}</li>" for note in remarks(report))
    notes = f'<aside class="notes"><h3>Read this with the figures</h3><ul>{items}</ul></aside>' if items else ""
    return (
        f'<p class="eyebrow">{escape(title)} · {TITLES[report.protocol]}</p><h1>{_headline(report)}</h1>'
        f'<p class="lead">{escape(verdict(report))}</p><div class="cards">{"".join(cards)}</div>{notes}'
    )


def _by_camera(report: Report) -> str:
    column = HEADLINE[report.protocol]
    return (
        f'<h2>Camera by camera</h2><p class="soft">{column.title}: {column.meaning}. Further right is '
        "better; the band is the way from baseline to student, red where it leads back.</p>"
        f'<div class="panel">{camera_chart(report)}{_keys(report.of_camera(ALL))}</div>'
    )


def _keys(rows: Mapping[Role, Row]) -> str:
    return f'<ul class="keys">{"".join(f"<li>{key(role)}{ROLE_NAMES[role]}</li>" for role in rows)}</ul>'


def _table(report: Report) -> str:
    columns = COLUMNS[report.protocol]
    head = "".join(f'<th scope="col" title="{escape(c.meaning)}">{escape(c.title)}</th>' for c in columns)
    bodies = []
    for camera in (*report.cameras, ALL):
        rows = report.of_camera(camera)
        lines = []
        for index, row in enumerate(rows.values()):
            name = f'<th scope="rowgroup" rowspan="{len(rows)}">{escape(camera)}</th>' if index == 0 else ""
            cells = "".join(_cell(row, rows, column) for column in columns)
            lines.append(f'<tr class="{row.role}">{name}<td class="model">{ROLE_NAMES[row.role]}</td>{cells}</tr>')
        bodies.append(f'<tbody class="{"total" if camera == ALL else "one"}">{"".join(lines)}</tbody>')
    return (
        f'<h2>All figures</h2><p class="soft">Underlined: best of the camera. {MARKS["better"]} '
        f"{MARKS['worse']}: the student is better or worse than the baseline. A dash: not measurable.</p>"
        '<div class="scroll" tabindex="0" role="region" aria-label="All figures"><table><thead><tr>'
        f'<th scope="col">Camera</th><th scope="col">Model</th>{head}</tr></thead>'
        f"{''.join(bodies)}</table></div>"
    )


def _cell(row: Row, rows: Mapping[Role, Row], column: Column) -> str:
    change = against_baseline(row, rows, column)
    best = ' class="best"' if is_best(row, rows, column) else ""
    mark = f'<i class="{change or "same"}">{MARKS[change].strip()}</i>' if column.better else ""
    return f"<td{best}><span>{shown(row, column)}</span>{mark}</td>"


def _cameras(report: Report, pictures: Sequence[Picture]) -> str:
    by_camera = {picture.camera: picture for picture in pictures}
    sections = []
    for number, camera in enumerate(report.cameras):
        rows = report.of_camera(camera)
        picture = by_camera.get(camera)
        curves = {role: curve for (role, of), curve in report.curves.items() if of == camera}
        if picture is None and not curves:
            continue
        sections.append(_camera(report.protocol, camera, rows, picture, curve_chart(curves, rows), number))
    if not sections:
        return ""
    legend = SLOT_LEGEND if report.protocol == "slots" else BOX_LEGEND
    keys = "".join(f"<li>{_swatch(verdict_class)}{text}</li>" for verdict_class, text in legend)
    return (
        '<h2>What they see</h2><p class="soft">One frame of each camera, drawn at the confidence at which '
        f'the model runs there.</p><ul class="keys">{keys}</ul>{"".join(sections)}'
    )


def _camera(
    protocol: Protocol,
    camera: str,
    rows: Mapping[Role, Row],
    picture: Picture | None,
    chart: str,
    number: int,
) -> str:
    figures: dict[Role, str] = {}
    if picture is not None:
        data = base64.b64encode(picture.jpeg).decode()
        image = (
            f'<image id="frame{number}" href="data:image/jpeg;base64,{data}" '
            f'width="{picture.width}" height="{picture.height}"/>'
        )
        for role in ("baseline", "student", "teacher"):
            if role in picture.marks:
                figures[role] = _figure(protocol, picture, rows[role], image)
                image = f'<use href="#frame{number}"/>'  # the pixels stand in the page once
    seen = f'<span class="soft small">{escape(picture.name)}</span>' if picture else ""
    pair = "".join(figures[role] for role in ("baseline", "student") if role in figures)
    student = rows.get("student")
    mixed = student is not None and student.images > 0 and not student.held_out
    tag = '<span class="tag">not held out by day</span>' if mixed else ""
    return (
        f'<section class="camera"><header><h3>Camera {escape(camera)}</h3>{tag}{seen}</header>'
        f'<div class="pair">{pair}<div class="panel">{chart}{_keys(rows)}</div>'
        f"{figures.get('teacher', '')}</div></section>"
    )


def _figure(protocol: Protocol, picture: Picture, row: Row, image: str) -> str:
    marks, name, words = picture.marks[row.role], ROLE_NAMES[row.role], in_words(protocol, row)
    names = {
        "right": "right",
        "false": "wrong" if protocol == "slots" else "false",
        "missed": "missed",
        "unsure": "unknown",
    }
    count = {word: sum(mark.verdict == verdict for mark in marks) for verdict, word in names.items()}
    tally = ", ".join(f"{number} {word}" for word, number in count.items() if number) or "nothing found"
    drawn = "".join(_drawn(mark, 0.014 * picture.width) for mark in marks)
    return (
        f'<figure><svg class="picture" viewBox="0 0 {picture.width} {picture.height}" role="img" '
        f'aria-label="{name} on camera {escape(picture.camera)}: {tally}">{image}{drawn}</svg>'
        f"<figcaption><b>{name.capitalize()}</b>: {tally} in this frame. "
        f'<span class="soft">Over all its frames: {words[0].lower()}{words[1:]}</span></figcaption></figure>'
    )


def _drawn(mark: Mark, size: float) -> str:
    outline = np.round(mark.outline, 1)
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in outline) + "Z"
    if mark.verdict == "false" and len(outline) == 4:
        a, b, c, d = outline
        path += f"M{a[0]:g} {a[1]:g}L{c[0]:g} {c[1]:g}M{b[0]:g} {b[1]:g}L{d[0]:g} {d[1]:g}"
    x, y = outline[:, 0].min(), outline[:, 1].min()
    text = (
        f'<text class="score" x="{x + size / 5:.1f}" y="{y + size:.1f}" font-size="{size:g}">'
        f"{escape(mark.label)}</text>"
        if mark.label
        else ""
    )
    classes = f"mark {mark.verdict}{' solid' if mark.solid else ''}"
    return (
        f'<g><title>{escape(mark.title)}</title><path class="halo" d="{path}"/>'
        f'<path class="{classes}" d="{path}"/><path class="hit" d="{path}"/>{text}</g>'
    )


def _swatch(verdict_class: str) -> str:
    cross = "M4 3L26 15M26 3L4 15" if verdict_class == "false" else ""
    return (
        '<svg class="swatch" viewBox="0 0 30 18" aria-hidden="true">'
        f'<path class="mark {verdict_class}" d="M4 3H26V15H4Z{cross}"/></svg>'
    )


def _words(report: Report) -> str:
    figures = {column.title: column.meaning for column in COLUMNS[report.protocol]}
    models = {ROLE_NAMES[role].capitalize(): WHO[role] for role in ROLES if role in report.of_camera(ALL)}
    others = {
        "Confidence": "how sure a model must be before a box counts. A low one finds more and errs more",
        "At work": "at the confidence at which the model runs on its camera",
        "Held out": "measured on days that the student has not learnt from; anything else flatters it",
    }
    items = "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}.</dd>" for k, v in {**models, **figures, **others}.items())
    return f"<h2>Words</h2><dl>{items}</dl>"

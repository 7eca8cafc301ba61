"""The report as one HTML page for people who run car parks: no other file, no script, no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from jinja2 import Environment

from lotwise.eval.comparison import (
    CHANGE_MARKS,
    SUBJECTS,
    Report,
    against_baseline,
    is_best,
    remarks,
    runs_untouched_nano,
    scope,
    shown,
    verdict,
)
from lotwise.eval.live import live_lines
from lotwise.eval.marks import Mark
from lotwise.eval.metrics.average_precision import MAX_DETECTIONS
from lotwise.eval.page.charts import CurveChart, camera_chart, curve_chart
from lotwise.eval.page.environment import page_environment
from lotwise.eval.page.ladders import ladder_chart
from lotwise.eval.page.pictures import Picture
from lotwise.eval.protocols import Protocol
from lotwise.eval.protocols.protocol import of_hundred
from lotwise.eval.rows import ALL, Role, Row
from lotwise.students.pipeline.records import RightSizeRecord

ROLE_MEANINGS: Mapping[Role, str] = {
    "teacher": "the large model that the small one learns from; too slow to run beside a camera",
    "baseline": "the untouched nano: the small model as it was downloaded, before it learnt anything here",
    "student": "the same small model after it learnt this camera's view from the teacher",
    "live": "the model that runs on each camera now: its student, or another where the student was refused",
}
FURTHER_WORDS: Mapping[str, str] = {
    "Confidence": "how sure a model must be before a box counts. A low one finds more and errs more",
    "At work": "at the confidence at which the model runs on its camera",
    "Held out": "measured on days that the student has not learnt from; anything else flatters it",
}
SCORE_HEIGHT = 0.014
"""Height of a score's digits as a share of the picture's width: 18 px on 1280, legible on a phone's 390 px page."""


@dataclass(frozen=True)
class Drawing:
    """What one role got right and wrong on a picture, in words and in marks, and whether it is live on the camera."""

    role: Role
    marks: tuple[Mark, ...]
    tally: str
    over_all_frames: str
    live: bool


@dataclass(frozen=True)
class CameraSection:
    """What the page shows of one camera; picture and drawings are None and empty where no frame could be judged."""

    camera: str
    rows: Mapping[Role, Row]
    chart: CurveChart
    picture: Picture | None
    drawings: Mapping[Role, Drawing]
    held_out: bool


def page(
    report: Report,
    pictures: Sequence[Picture] = (),
    title: str = "Parking camera report",
    ladders: Mapping[str, RightSizeRecord] = MappingProxyType({}),
) -> str:
    """The whole page.

    Args:
        report: what ``evaluate`` returned.
        pictures: what ``draw_pictures`` returned; at most one per camera.
        title: shown by the browser and above the headline; plain text.
        ladders: which smaller students were tried, by camera.
    """
    return _environment().get_template("report.html").render(
        report=report,
        protocol=report.protocol,
        title=title,
        headline=_headline(report),
        scope=scope(report),
        verdict=verdict(report),
        remarks=remarks(report),
        overall=dict(sorted(report.of_camera(ALL).items(), key=lambda one: one[0] != "live")),
        live=live_lines(report.live) if report.live else [],
        cameras=camera_chart(report),
        sections=_sections(report, pictures),
        ladders=[ladder_chart(camera, ladder) for camera, ladder in ladders.items()],
    )  # fmt: skip


def _environment() -> Environment:
    environment = page_environment()
    environment.globals.update(
        ALL=ALL,
        CHANGE_MARKS=CHANGE_MARKS,
        FURTHER_WORDS=FURTHER_WORDS,
        MAX_DETECTIONS=MAX_DETECTIONS,
        ROLE_MEANINGS=ROLE_MEANINGS,
        SCORE_HEIGHT=SCORE_HEIGHT,
        against_baseline=against_baseline,
        is_best=is_best,
        outline_path=_outline_path,
        shown=shown,
    )
    return environment


def _headline(report: Report) -> str:
    """What the model does well, and what is wrong with its boxes; in brackets the same of the untouched nano."""
    protocol, rows = report.protocol, report.of_camera(ALL)
    row, before = rows.get(report.subject), None if runs_untouched_nano(report) else rows.get("baseline")
    share = None if row is None else getattr(row, protocol.plain_field)
    if row is None or share is None:
        return protocol.plain_title
    who = "before it learnt" if report.subject == "student" else "the untouched nano"

    def of_both(words: str, own: float, other: float | None, name: str) -> str:
        subject = SUBJECTS[report.subject]
        model = subject if words.startswith("{model}") else subject[0].lower() + subject[1:]
        told = words.format(model=model, share=of_hundred(own))
        return told if other is None else f"{told} ({name}{of_hundred(other)})"

    share_before = None if before is None else getattr(before, protocol.plain_field)
    claim = of_both(protocol.plain_claim, share, share_before, f"{who} ")
    doubt, doubt_before = protocol.doubt(row), None if before is None else protocol.doubt(before)
    if doubt is None:
        return claim
    return f"{claim}; {of_both(protocol.plain_doubt, doubt, doubt_before, '')}"


def _sections(report: Report, pictures: Sequence[Picture]) -> list[CameraSection]:
    by_camera = {picture.camera: picture for picture in pictures}
    kinds = {one.camera: one.kind for one in report.live}
    sections = []
    for camera in report.cameras:
        rows = report.of_camera(camera)
        picture = by_camera.get(camera)
        curves = {role: curve for (role, of), curve in report.curves.items() if of == camera}
        if picture is None and not curves:
            continue
        live = kinds.get(camera)
        drawings = {
            role: _drawing(report.protocol, rows[role], marks, role in ("live", live))
            for role, marks in (picture.marks if picture else {}).items()
            if role != "live" or live not in ("student", "baseline")  # it would be drawn twice
        }
        student = rows.get("student")
        held_out = student is None or not student.images or student.held_out
        sections.append(CameraSection(camera, rows, curve_chart(curves, rows), picture, drawings, held_out))
    return sections


def _drawing(protocol: Protocol, row: Row, marks: tuple[Mark, ...], live: bool) -> Drawing:
    count = {word: sum(mark.verdict == verdict for mark in marks) for verdict, word in protocol.tally.items()}
    tally = ", ".join(f"{number} {word}" for word, number in count.items() if number) or "nothing found"
    all_frames = protocol.in_words(row)
    return Drawing(row.role, marks, tally, all_frames[0].lower() + all_frames[1:], live)


def _outline_path(mark: Mark) -> str:
    """The mark's outline as an SVG path; a false one of four corners is crossed out."""
    outline = np.round(mark.outline, 1)
    path = "M" + "L".join(f"{x:g} {y:g}" for x, y in outline) + "Z"
    if mark.verdict == "false" and len(outline) == 4:
        a, b, c, d = outline
        path += f"M{a[0]:g} {a[1]:g}L{c[0]:g} {c[1]:g}M{b[0]:g} {b[1]:g}L{d[0]:g} {d[1]:g}"
    return path

"""The table in the published shape: role, camera, precision, recall, mAP50, mAP50-95, beside what is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from lotwise.datasets.frame import Detections
from lotwise.eval.collect import Collected
from lotwise.eval.comparison import Report, remarks
from lotwise.eval.evaluation import evaluate
from lotwise.eval.protocols import PROTOCOLS, Protocol
from lotwise.eval.reproduction.published import Figures, published
from lotwise.eval.rows import ALL, Role, Row

ONE_FOR_ALL = "one for all"
SUPERVISED = "supervised"
ROLES = ("teacher", "baseline", "student", ONE_FOR_ALL, SUPERVISED)
"""Whose figures stand below each other. The last one is trained by labels, which only a benchmark may do."""
COMPARED = {
    "slots": "Compares with the published table, as far as its figures tell: average precision against the boxes of "
    "occupied slots, detections on no labelled slot left out.",
    "vehicles": "Does not compare with the published table: here the truth is boxes of vehicles, tightly drawn.",
    "teacher": "Does not compare with the published table: this is agreement with the teacher, no truth at all.",
}
"""By protocol, whether its figures may be held against the published ones."""
COMPARED_RENDERED = "Compares with nothing that is published: these frames are rendered."
COMPARABLE = "slots"
"""The protocol that has the published figures beside it."""
NOTICED = 0.0005
"""Difference of two figures that are not printed alike."""


@dataclass(frozen=True)
class TableRow:
    """One role on one camera, or on all. A share is in 0..1; None where there is nothing to measure.

    Attributes:
        role: one of ``ROLES``.
        camera: camera id, or ``all``.
        images, instances: frames that were measured, and what is to be found in them.
        precision, recall: at the confidence of best F1 at IoU 0.5, as published tables have them.
        map50, map50_95: average precision.
        accuracy: share of slots whose state is right, at work; None in protocols that measure no slots.
        held_out: no frame of the same day was learned from.
        note: a caveat, or empty.
    """

    role: str
    camera: str
    images: int
    instances: int
    precision: float | None
    recall: float | None
    map50: float | None
    map50_95: float | None
    accuracy: float | None = None
    held_out: bool = True
    note: str = ""

    @staticmethod
    def of(row: Row, role: str | None = None) -> TableRow:
        return TableRow(
            role or row.role, row.camera, row.images, row.instances, row.precision, row.recall, row.map50, row.map50_95,
            row.accuracy, row.held_out, row.note,
        )  # fmt: skip


@dataclass(frozen=True)
class ProtocolTable:
    """The table by one protocol.

    Attributes:
        protocol, title: what served as truth.
        rows: camera by camera, ``all`` last; each in the order of ``ROLES``.
        notes: what the reader must know, a sentence each.
    """

    protocol: str
    title: str
    rows: tuple[TableRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def comparable(self) -> bool:
        """Whether the published figures stand beside."""
        return self.protocol == COMPARABLE

    @property
    def cameras(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(row.camera for row in self.rows))

    def of_camera(self, camera: str) -> tuple[TableRow, ...]:
        return tuple(row for row in self.rows if row.camera == camera)

    def published(self, row: TableRow) -> Figures | None:
        """The published figures of the same role and camera; None where there are none or they do not compare."""
        return published().rows.get((row.role, row.camera)) if self.comparable else None

    def with_rows(self, rows: Sequence[TableRow]) -> ProtocolTable:
        """With further rows, in place of those of the same role and camera."""
        new = {(row.role, row.camera): row for row in (*self.rows, *rows)}
        cameras = [*(camera for camera in dict.fromkeys(row.camera for row in new.values()) if camera != ALL), ALL]
        ordered = sorted(new.values(), key=lambda row: (cameras.index(row.camera), ROLES.index(row.role)))
        return replace(self, rows=tuple(ordered))

    def compared(self, rendered: bool) -> str:
        """In a sentence, whether its figures may be held against the published ones."""
        return COMPARED_RENDERED if rendered else COMPARED[self.protocol]

    def to_json(self, rendered: bool = False) -> dict[str, Any]:
        rows = [
            {**asdict(row), "published": asdict(figures) if (figures := self.published(row)) else None}
            for row in self.rows
        ]
        said = {"title": self.title, "compares": self.compared(rendered), "verdict": own_against_shared(self)}
        return {"protocol": self.protocol, **said, "rows": rows, "notes": list(self.notes)}

    @staticmethod
    def from_json(said: dict[str, Any]) -> ProtocolTable:
        rows = (TableRow(**{name: value for name, value in row.items() if name != "published"}) for row in said["rows"])
        return ProtocolTable(said["protocol"], said["title"], tuple(rows), tuple(said["notes"]))


def tables(own: Collected, shared: Collected) -> tuple[ProtocolTable, ...]:
    """One for each protocol that the frames have truth for.

    Args:
        own: what the cameras' own students, the teacher and the untouched nano say.
        shared: what the one for all says of the same frames.
    """
    return tuple(_table(protocol, own, shared) for protocol in PROTOCOLS if protocol.has_truth(own.evidence))


def _table(protocol: Protocol, own: Collected, shared: Collected) -> ProtocolTable:
    # The one for all stands where an own student stands, so that what is left out of one is left out of both. What is
    # live is one of the others, and no published table has it.
    said = own.evidence.predictions
    report = _report(protocol, own, {role: said[role] for role in own.evidence.roles if role != "live"})
    student = shared.evidence.predictions["student"]
    rival = _report(protocol, shared, {"teacher": said["teacher"], "student": student})
    rows = [TableRow.of(row) for row in report.rows]
    rows += [TableRow.of(row, ONE_FOR_ALL) for row in rival.rows if row.role == "student"]
    return ProtocolTable(protocol.name, protocol.title, (), tuple(remarks(report))).with_rows(rows)


def _report(protocol: Protocol, collected: Collected, said: Mapping[Role, Mapping[str, Detections]]) -> Report:
    evidence = replace(collected.evidence, predictions=said)
    return evaluate(protocol, evidence, held_out=collected.held_out, notes=collected.notes)


def own_against_shared(table: ProtocolTable) -> str:
    """In a sentence, whether a camera's own student beats the one for all on its own camera, by mAP50.

    >>> rows = [TableRow(r, "C1", 9, 99, .9, .9, m, .5) for r, m in (("student", .91), (ONE_FOR_ALL, .88))]
    >>> print(own_against_shared(ProtocolTable("slots", "", tuple(rows))))
    By mAP50 the own student beats the one for all on 1 of 1 cameras; +0.030 in the mean.
    """
    pairs = []
    for camera in table.cameras:
        figures = {row.role: row.map50 for row in table.of_camera(camera)}
        own, shared = figures.get("student"), figures.get(ONE_FOR_ALL)
        if camera != ALL and own is not None and shared is not None:
            pairs.append(own - shared)
    if not pairs:
        return "No camera tells whether an own student beats the one for all."
    wins, losses = sum(gain > NOTICED for gain in pairs), sum(gain < -NOTICED for gain in pairs)
    lost = f" and loses to it on {losses}" if losses else ""
    return (
        f"By mAP50 the own student beats the one for all on {wins} of {len(pairs)} cameras{lost}; "
        f"{round(sum(pairs) / len(pairs), 3) + 0.0:+.3f} in the mean."
    )

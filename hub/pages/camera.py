"""All that the hub knows of one camera, for its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotwise.hub.database.cameras import camera_of
from lotwise.hub.database.frames import count_frames
from lotwise.hub.database.job_table import JobRow
from lotwise.hub.database.nodes import node_of
from lotwise.hub.database.offers import offers_of
from lotwise.hub.database.reports import reports_of
from lotwise.hub.database.slot_tables import SlotOrderRow
from lotwise.hub.database.slots import newest_order
from lotwise.hub.database.tables import AuditRow, CameraRow, FrameRow, FrameState, NodeRow, OfferRow
from lotwise.hub.pages.changes import changes_by_bundle
from lotwise.hub.pages.fleet import silent_before
from lotwise.hub.pages.occupancy_chart import OccupancyChart, occupancy_chart
from lotwise.hub.pages.places import Place, places_of

FRAMES_SHOWN, VERSIONS_SHOWN, JOBS_SHOWN, LINES_SHOWN = 12, 20, 5, 10
"""Of each kind, the newest."""
HISTORY_DAYS = 7


@dataclass(frozen=True)
class CameraView:
    """What the page of a camera shows.

    Attributes:
        node, row: the camera and its node.
        places: its places.
        silent: nobody knows how the camera is now.
        newest: frame with the newest moment whose picture is here; None where there is none.
        new, used: newest frames whose pictures are here.
        new_count, used_count: how many there are in all.
        drawn: the slots that somebody has drawn here last; None where nobody has.
        offers, jobs, lines: the newest first.
        changes: jobs that have a page of what they changed, by the bundle that they made.
        chart: how full it was.
    """

    node: NodeRow
    row: CameraRow
    places: Sequence[Place]
    silent: bool
    newest: FrameRow | None
    new: Sequence[FrameRow]
    used: Sequence[FrameRow]
    new_count: int
    used_count: int
    drawn: SlotOrderRow | None
    offers: Sequence[OfferRow]
    jobs: Sequence[JobRow]
    lines: Sequence[AuditRow]
    changes: Mapping[str, int]
    chart: OccupancyChart | None

    @property
    def taken_back(self) -> frozenset[str]:
        """Versions that their node refuses because somebody here went back to the one before."""
        reasons = {offer.why for offer in self.offers if offer.how == "back"}
        return frozenset(one.identity for one in self.offers if one.state == "refused" and one.refused in reasons)

    @property
    def report(self) -> dict[str, Any]:
        """What its node has told last."""
        return self.row.report or {}


def camera_view(
    session: Session, node: str, camera: str, report_s: float, now: datetime | None = None
) -> CameraView | None:
    """What is known of a camera; None where there is none.

    Args:
        session: to read with.
        node: its fingerprint, all of it: a node may call itself what it likes.
        camera: its id.
        report_s: seconds between two reports of a node.
        now: the moment.
    """
    owner, row = node_of(session, node), camera_of(session, node, camera)
    if owner is None or row is None:
        return None
    silent = row.reported is None or row.reported < silent_before(report_s, now)
    since = (now or datetime.now(UTC)) - timedelta(days=HISTORY_DAYS)
    new, used = (_pictures(session, row, state) for state in ("new", "used"))
    jobs = select(JobRow).where(JobRow.node == node, JobRow.camera == camera).order_by(JobRow.id.desc())
    return CameraView(
        node=owner,
        row=row,
        places=places_of(row, silent),
        silent=silent,
        newest=max((*new, *used), key=lambda frame: frame.taken, default=None),
        new=new,
        used=used,
        new_count=count_frames(session, node, camera, "new"),
        used_count=count_frames(session, node, camera, "used"),
        drawn=newest_order(session, node, camera),
        offers=offers_of(session, node, camera)[::-1][:VERSIONS_SHOWN],
        jobs=session.scalars(jobs.limit(JOBS_SHOWN)).all(),
        lines=_lines(session, owner, camera),
        changes=changes_by_bundle(session, node, camera),
        chart=occupancy_chart(reports_of(session, node, camera, since)),
    )


def kept_frame(session: Session, node: str, camera: str, sha256: str) -> FrameRow | None:
    """A frame whose picture is here."""
    asked = select(FrameRow).where(FrameRow.node == node, FrameRow.camera == camera, FrameRow.sha256 == sha256)
    return session.scalar(asked.where(FrameRow.bytes > 0))


def _pictures(session: Session, row: CameraRow, state: FrameState) -> Sequence[FrameRow]:
    asked = select(FrameRow).where(FrameRow.node == row.node, FrameRow.camera == row.camera, FrameRow.state == state)
    shown = asked.where(FrameRow.bytes > 0).order_by(FrameRow.taken.desc(), FrameRow.id.desc())
    return session.scalars(shown.limit(FRAMES_SHOWN)).all()


def _lines(session: Session, node: NodeRow, camera: str) -> Sequence[AuditRow]:
    # People's lines name the node, those of nodes and hub the beginning of its fingerprint.
    subjects = [f"{node.name} {camera}"[:200], f"{node.fingerprint[:12]} {camera}"[:200]]
    asked = select(AuditRow).where(AuditRow.subject.in_(subjects))
    return session.scalars(asked.order_by(AuditRow.id.desc()).limit(LINES_SHOWN)).all()

"""What nodes say of their cameras: the last word of each, and a thinned history of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from lotwise.hub.database.cameras import known_camera
from lotwise.hub.database.tables import CameraRow, ReportRow

HISTORY_PERIOD = timedelta(minutes=10)
"""A row of history for each camera at most so often; a node tells sixty times as much."""


@dataclass(frozen=True)
class Said:
    """What a node says of one camera.

    Attributes:
        camera: its id.
        live, shadow: identities of its bundles, or "".
        verdict, accuracy: of its trust; "" and None before the first sample.
        view: verdict of its view.
        free, occupied, unknown: counts of its slots.
        whole: all that was said, as JSON.
    """

    camera: str
    live: str = ""
    shadow: str = ""
    verdict: str = ""
    accuracy: float | None = None
    view: str = ""
    free: int = 0
    occupied: int = 0
    unknown: int = 0
    whole: dict[str, Any] | None = None


def last_rows(session: Session, node: str) -> dict[str, datetime]:
    """When the newest row of history of each of a node's cameras was made."""
    asked = select(ReportRow.camera, func.max(ReportRow.time)).where(ReportRow.node == node).group_by(ReportRow.camera)
    return {camera: time for camera, time in session.execute(asked)}


def note_report(session: Session, node: str, said: Said, now: datetime, before: datetime | None) -> CameraRow:
    """Keep what a node says of a camera.

    Args:
        session: to write with.
        node: whose camera it is.
        said: what it says.
        now: the moment.
        before: when the camera's newest row of history was made, as :func:`last_rows` has it.

    Raises:
        InputError: as of :func:`known_camera`.
    """
    row = known_camera(session, node, said.camera)
    row.live, row.shadow, row.verdict, row.accuracy = said.live, said.shadow, said.verdict, said.accuracy
    row.report, row.reported = said.whole, now
    if before is None or now - before >= HISTORY_PERIOD or now < before:
        session.add(
            ReportRow(
                node=node,
                camera=said.camera,
                time=now,
                verdict=said.verdict,
                accuracy=said.accuracy,
                view=said.view,
                live=said.live,
                free=said.free,
                occupied=said.occupied,
                unknown=said.unknown,
            )
        )
    return row


def reports_of(session: Session, node: str, camera: str, since: datetime | None = None) -> Sequence[ReportRow]:
    """The history of a camera, oldest first."""
    asked = select(ReportRow).where(ReportRow.node == node, ReportRow.camera == camera)
    if since is not None:
        asked = asked.where(ReportRow.time >= since)
    return session.scalars(asked.order_by(ReportRow.time)).all()


def forget_reports(session: Session, before: datetime) -> int:
    """Delete history that is older, and return how many rows that were."""
    gone = session.execute(delete(ReportRow).where(ReportRow.time < before))
    return int(getattr(gone, "rowcount", 0))

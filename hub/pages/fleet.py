"""What all cameras are like at this moment, and those of them that somebody looks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lotwise.hub.database.cameras import cameras_of
from lotwise.hub.database.job_table import OPEN, JobRow
from lotwise.hub.database.nodes import nodes_by_state
from lotwise.hub.database.offers import STANDING
from lotwise.hub.database.tables import CameraRow, NodeRow, OfferRow
from lotwise.hub.learning.enqueue import outcome_of
from lotwise.node.state import Counts

STATES = ("silent", "view", "asked", "job", "failed", "offered", "refused")
"""What may be of note of a camera: its node says nothing; its view or source is not as it should be; somebody asks for
a retraining; a job waits or runs; the last job failed; the node has yet to decide of an offer, or refused the last."""
VERDICTS = ("good", "watch", "retrain", "cannot tell", "none")
SILENT_REPORTS, SILENT_S = 6, 60.0
"""A node is silent that has missed so many reports, but not before so many seconds."""


@dataclass(frozen=True)
class FleetCamera:
    """One camera.

    Attributes:
        node, node_name, group: of its node; ``node`` is the fingerprint.
        camera: its id.
        verdict: of its node; "none" before the first.
        accuracy: estimate of its node.
        counts: of its places; all are unknown while it is silent.
        live: identity of the version that runs; "" for none.
        offer, job: the newest of it.
        heard: when its node has told of it last.
        states: those of :data:`STATES` that hold.
        gone: it is silent while its node is not, which has left it out of its site.
    """

    node: str
    node_name: str
    group: str
    camera: str
    verdict: str
    accuracy: float | None
    counts: Counts
    live: str
    offer: OfferRow | None
    job: JobRow | None
    heard: datetime | None
    states: tuple[str, ...]
    gone: bool


@dataclass(frozen=True)
class Filter:
    """What somebody looks for; "" for all.

    Attributes:
        q: part of a node's or a camera's name.
        group, verdict, state: exactly this one.
    """

    q: str = ""
    group: str = ""
    verdict: str = ""
    state: str = ""

    def fits(self, one: FleetCamera) -> bool:
        """Whether a camera is meant."""
        word = self.q.strip().casefold()
        return (
            (not word or word in f"{one.node_name} {one.camera}".casefold())
            and self.group in ("", one.group)
            and self.verdict in ("", one.verdict)
            and (not self.state or self.state in one.states)
        )

    @staticmethod
    def of(asked: Mapping[str, str]) -> Filter:
        """From the query of an address."""
        return Filter(*(asked.get(name, "")[:100] for name in ("q", "group", "verdict", "state")))


def fleet(session: Session, report_s: float, now: datetime | None = None) -> list[FleetCamera]:
    """All cameras of accepted nodes, by the names of their nodes.

    Args:
        session: to read with.
        report_s: seconds between two reports of a node.
        now: the moment.
    """
    before = silent_before(report_s, now)
    by_node: dict[str, list[CameraRow]] = {}
    for row in cameras_of(session):
        by_node.setdefault(row.node, []).append(row)
    offers, jobs = _newest_offers(session), _newest_jobs(session)
    return [
        _camera(node, row, offers.get((row.node, row.camera)), jobs.get((row.node, row.camera)), before)
        for node in nodes_by_state(session, "accepted")
        for row in by_node.get(node.fingerprint, ())
    ]


def silent_before(report_s: float, now: datetime | None = None) -> datetime:
    """A camera is silent of which its node has told last before this moment.

    Args:
        report_s: seconds between two reports of a node.
        now: the moment.
    """
    return (now or datetime.now(UTC)) - timedelta(seconds=max(SILENT_S, SILENT_REPORTS * report_s))


def groups_of(found: Sequence[FleetCamera]) -> list[str]:
    """Groups of some cameras' nodes."""
    return sorted({one.group for one in found})


def _camera(node: NodeRow, row: CameraRow, offer: OfferRow | None, job: JobRow | None, before: datetime) -> FleetCamera:
    said = row.report or {}
    silent = row.reported is None or row.reported < before
    holds = {
        "silent": silent,
        "view": said.get("view", "") not in ("", "good") or said.get("source", "") not in ("", "live"),
        "asked": bool(row.asked),
        "job": job is not None and job.state in OPEN,
        "failed": job is not None and (job.state == "failed" or outcome_of(job) == "asks for slots"),
        "offered": offer is not None and offer.state in STANDING,
        "refused": offer is not None and offer.state == "refused",
    }
    return FleetCamera(
        node=node.fingerprint,
        node_name=node.name,
        group=node.group,
        camera=row.camera,
        verdict=row.verdict or "none",
        accuracy=row.accuracy,
        counts=counts_of(row, silent),
        live=row.live,
        offer=offer,
        job=job,
        heard=row.reported,
        states=tuple(state for state in STATES if holds[state]),
        gone=silent and node.seen is not None and node.seen >= before,
    )


def counts_of(row: CameraRow, silent: bool) -> Counts:
    """How many places of a camera are free, as its node has told last; of a silent one nobody knows that any more."""
    said = row.report or {}
    found = Counts(*(int(said.get(state, 0)) for state in ("free", "occupied", "unknown")))
    return Counts(0, 0, found.total) if silent else found


def _newest_offers(session: Session) -> dict[tuple[str, str], OfferRow]:
    newest = select(func.max(OfferRow.id)).group_by(OfferRow.node, OfferRow.camera)
    found = session.scalars(select(OfferRow).where(OfferRow.id.in_(newest)))
    return {(row.node, row.camera): row for row in found}


def _newest_jobs(session: Session) -> dict[tuple[str, str], JobRow]:
    newest = select(func.max(JobRow.id)).group_by(JobRow.node, JobRow.camera)
    found = session.scalars(select(JobRow).where(JobRow.id.in_(newest)))
    return {(row.node, row.camera): row for row in found}

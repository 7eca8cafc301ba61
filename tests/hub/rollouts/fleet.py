"""Nodes with cameras that run students, as a hub's tables hold them, and what becomes of their jobs and offers."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from lotwise.hub.database.cameras import find_camera, known_camera
from lotwise.hub.database.job_table import JobRow
from lotwise.hub.database.nodes import enrol
from lotwise.hub.database.offers import change_offer, make_offer, offer_of
from lotwise.hub.database.rollout_table import RolloutRow
from lotwise.hub.database.rollouts import newest_rollout, rollout_cameras
from lotwise.hub.database.tables import OfferRow
from lotwise.hub.jobs.queue import claim, finish
from lotwise.hub.rollouts.advance import advance
from lotwise.hub.rollouts.control import start_rollout
from lotwise.node.hub.messages import CameraCard

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
OLD, NEW = "0" * 16, "1" * 16
RECIPE = {"teacher": "t.pt", "student": "s.pt", "settings": None, "scales": [64], "holdout": 0.5, "weights": {}}
GROUPS = {"a": "canary", "b": "canary", "c": "all", "d": "all", "e": "all", "f": "all"}
"""Nodes by name, each with a camera C1, and the group of each."""


def fingerprint(node: str) -> str:
    return node * 64


def add_fleet(session: Session) -> None:
    """All nodes accepted, all cameras with a student that is live."""
    for name, group in GROUPS.items():
        enrol(session, fingerprint(name), f"node {name}", "key", group=group)
        row = known_camera(session, fingerprint(name), "C1")
        row.card, row.live = CameraCard().model_dump(mode="json"), OLD


def begin(session: Session, stop_share: float = 0.3) -> RolloutRow:
    """First the camera of node a, then the group canary, then all."""
    stages = [{"node": fingerprint("a"), "camera": "C1"}, {"group": "canary"}, {"group": "all"}]
    return start_rollout(session, "new", RECIPE, stages, stop_share, "operator root", NOON)


def job_ends(session: Session, word: str = "offered", state: str = "done", error: str = "") -> str:
    """The next job that waits is done; the name of its node."""
    job = claim(session, "worker", now=NOON)
    assert job is not None and job.kind == "rollout"
    job_is_done(session, job, word, state, error)
    return job.node[0]


def job_is_done(session: Session, job: JobRow, word: str = "offered", state: str = "done", error: str = "") -> None:
    """A job that was taken is done."""
    result = {"word": word, "why": "it says so", "bundle": NEW if word == "offered" else ""}
    finish(session, job.id, "worker", state, result if state == "done" else {}, error, NOON)  # type: ignore[arg-type]
    if state == "done" and word == "offered":
        row = OfferRow(
            node=job.node, camera="C1", identity=NEW, role="student", how="shadow", why="", files=[], signature="",
            state="offered", offered=NOON, changed=NOON,
        )  # fmt: skip
        make_offer(session, row)
    advance(session, NOON)


def node_decides(session: Session, node: str, state: str) -> None:
    """A node runs what it was offered, or has refused it."""
    offer = offer_of(session, fingerprint(node), "C1", NEW)
    assert offer is not None
    change_offer(offer, state, NOON, "it sees ghosts" if state == "refused" else "")  # type: ignore[arg-type]
    if state == "live":
        find_camera(session, fingerprint(node), "C1").live = NEW
    advance(session, NOON)


def states(session: Session) -> dict[str, str]:
    """Of each camera that takes part, by the name of its node."""
    rollout = newest_rollout(session)
    assert rollout is not None
    return {one.node[0]: one.state for one in rollout_cameras(session, rollout.id)}

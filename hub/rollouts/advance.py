"""Lets a rollout go on as far as its cameras have been decided of, or stop by itself; decided by the tables alone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from lotwise.hub.database import audit
from lotwise.hub.database.cameras import camera_of, cameras_of
from lotwise.hub.database.job_table import OPEN, JobRow
from lotwise.hub.database.nodes import nodes_by_state
from lotwise.hub.database.offers import change_offer, offer_of, standing_offers
from lotwise.hub.database.rollout_table import RolloutCameraRow, RolloutCameraState, RolloutRow, RolloutState
from lotwise.hub.database.rollouts import cameras_that_left, newest_rollout, rollout_camera, rollout_cameras
from lotwise.hub.database.tables import CameraRow, OfferRow
from lotwise.hub.jobs.queue import cancel, enqueue, open_job

log = logging.getLogger(__name__)

UNDECIDED: tuple[RolloutCameraState, ...] = ("waiting", "training", "offered")
FOLLOWED: tuple[RolloutCameraState, ...] = (*UNDECIDED, "going back")
"""States that a job or a node may change. So may "live", where the node finds the bundle worse in its first minutes and
goes back; all others are final."""
AGAINST: tuple[RolloutCameraState, ...] = ("refused", "failed")


def advance(session: Session, now: datetime | None = None) -> bool:
    """Note what became of the cameras of the newest rollout, and go on with it where it runs.

    Called whenever a job has ended, a node has decided, or the hub begins. What it does is written together with what
    made it so.

    Args:
        session: to write with.
        now: the moment.

    Returns:
        Whether a job has come into the queue.
    """
    moment = now or datetime.now(UTC)
    rollout = newest_rollout(session)
    if rollout is None:
        return False
    queued = False
    left = {(one.node, one.camera) for one in cameras_that_left(session, rollout.id)}
    for one in rollout_cameras(session, rollout.id):
        if one.state in FOLLOWED or (one.node, one.camera) in left:
            queued = _follow(session, rollout, one, moment) or queued
    while rollout.state == "running":
        # Of the stages that have passed too: their nodes may go back while the next one is under way.
        stages = [rollout_cameras(session, rollout.id, stage) for stage in range(rollout.stage + 1)]
        against = [stage for stage, found in enumerate(stages) if too_many_against(found, rollout.stop_share)]
        if against:
            cameras = stages[against[0]]
            count = sum(one.state in AGAINST for one in cameras)
            why = f"{count} of the {len(cameras)} cameras of stage {against[0] + 1} are against it"
            stop(session, rollout, why, "hub", moment)
        elif any(one.state in UNDECIDED for one in stages[-1]):
            break
        elif rollout.stage + 1 >= len(rollout.stages):
            _end(session, rollout, "done", "", "hub", moment)
        else:
            queued = begin_stage(session, rollout, rollout.stage + 1, moment) or queued
    return queued


def too_many_against(cameras: Sequence[RolloutCameraRow], share: float) -> bool:
    """Whether more of a stage's cameras than this share have refused the recipe, or could not be given it."""
    return sum(one.state in AGAINST for one in cameras) > share * len(cameras)


def begin_stage(session: Session, rollout: RolloutRow, stage: int, now: datetime) -> bool:
    """Let the cameras of a stage take part that have a student by now; whether a job has come into the queue."""
    rollout.stage, rollout.changed = stage, now
    queued = False
    cameras = [
        one
        for one in _of_stage(session, rollout.stages[stage])
        if rollout_camera(session, rollout.id, one.node, one.camera) is None
    ]
    log.info("rollout %s: stage %d of %d, %d cameras", rollout.name, stage + 1, len(rollout.stages), len(cameras))
    details = {"stage": stage + 1, "cameras": len(cameras)}
    audit.note(session, "hub", "rollout stage", rollout.name, details, now)
    for camera in cameras:
        one = RolloutCameraRow(rollout=rollout.id, node=camera.node, camera=camera.camera, stage=stage, changed=now)
        one.state = "waiting"
        session.add(one)
        session.flush()
        queued = _follow(session, rollout, one, now) or queued
    return queued


def stop(session: Session, rollout: RolloutRow, why: str, who: str, now: datetime) -> None:
    """Begin nothing more of a rollout. What its nodes were offered they decide of as ever; what is live stays."""
    _end(session, rollout, "stopped", why, who, now)
    _give_up(session, rollout, now)


def undone(session: Session, rollout: RolloutRow, who: str, now: datetime) -> None:
    """Note that a rollout is taken back, so that nothing more of it begins."""
    _end(session, rollout, "undone", "", who, now)
    _give_up(session, rollout, now)


def _give_up(session: Session, rollout: RolloutRow, now: datetime) -> None:
    for one in rollout_cameras(session, rollout.id):
        if one.state == "waiting":
            one.state, one.changed = "not begun", now
        elif one.state == "training":
            job = open_job(session, one.node, one.camera)
            if job is not None and job.id == one.job:
                cancel(session, one.node, one.camera, now)  # one that runs may be done before it hears of that
                _follow(session, rollout, one, now)


def _end(session: Session, rollout: RolloutRow, state: RolloutState, why: str, who: str, now: datetime) -> None:
    rollout.state, rollout.why, rollout.changed = state, why[:1000], now
    audit.note(session, who, f"rollout {state}", rollout.name, {"why": why} if why else {}, now)
    level = logging.WARNING if state == "stopped" else logging.INFO
    log.log(level, "rollout %s is %s%s", rollout.name, state, f": {why}" if why else "")


def _follow(session: Session, rollout: RolloutRow, one: RolloutCameraRow, now: datetime) -> bool:
    """Note how far a camera has come; whether a job of it has come into the queue."""
    camera = camera_of(session, one.node, one.camera)
    assert camera is not None, "rows of a camera that is gone go with it"
    before = one.state
    queued = False
    if one.state == "waiting" and rollout.state == "running":
        queued = _begin(session, rollout, one, camera)
    elif one.state == "training":
        _follow_job(session, rollout, one)
    elif one.state == "going back":
        _follow_back(session, one)
    elif one.state == "live":
        _follow_live(session, one)
    if one.state == "offered":
        _follow_offer(session, rollout, one, camera, now)
    if one.state != before:
        one.changed = now
        log.info("rollout %s: %s %s is %s %s", rollout.name, one.node[:12], one.camera, one.state, one.why)
    return queued


def _begin(session: Session, rollout: RolloutRow, one: RolloutCameraRow, camera: CameraRow) -> bool:
    """Let a camera's student be made, unless another job or offer of it has yet to end."""
    if any(offer.camera == one.camera for offer in standing_offers(session, one.node)):
        return False
    job = enqueue(session, "rollout", one.node, one.camera, f"stage {rollout.stage + 1} of rollout {rollout.name}")
    if job is None:
        return False
    session.flush()
    one.state, one.job, one.before = "training", job.id, camera.live
    return True


def _follow_job(session: Session, rollout: RolloutRow, one: RolloutCameraRow) -> None:
    job = None if one.job is None else session.get(JobRow, one.job)
    if job is not None and job.state in OPEN:
        return
    result = {} if job is None else job.result or {}
    if job is not None and job.state == "done" and result.get("word") == "out of budget":
        again = open_job(session, one.node, one.camera)
        if again is not None and again.kind == "rollout":
            one.job = again.id
            return
    said = str(result.get("why", ""))
    if job is not None and job.state == "done" and result.get("word") == "offered":
        one.state, one.bundle, one.why = "offered", str(result["bundle"]), said[:1000]
    elif job is not None and job.state == "done" and result.get("word") == "kept":
        one.state, one.why = "refused", f"by the hub's gate: {said}"[:1000]
    elif job is not None and job.state == "cancelled" and rollout.state != "running":
        one.state = "not begun"
    else:
        why = "its job is gone" if job is None else job.error or said or f"its job was {job.state}"
        one.state, one.why = "failed", why[:1000]


def _follow_offer(
    session: Session, rollout: RolloutRow, one: RolloutCameraRow, camera: CameraRow, now: datetime
) -> None:
    offer = offer_of(session, one.node, one.camera, one.bundle)
    if offer is not None and offer.state == "offered" and rollout.state == "undone":
        change_offer(offer, "withdrawn", now)  # its job was done just when the rollout was undone
        one.state = "taken back"
    elif offer is None or offer.state == "withdrawn":
        if camera.live == one.bundle:
            one.state = "live"  # it ran it before the rollout began
        else:
            one.state, one.why = "refused", "its offer was withdrawn"
    elif offer.state == "live":
        one.state = "live"
    elif offer.state == "refused":
        _refused_by_node(one, offer)


def _follow_live(session: Session, one: RolloutCameraRow) -> None:
    offer = offer_of(session, one.node, one.camera, one.bundle)
    # One that is gone or withdrawn says nothing of what the node runs.
    if offer is not None and offer.state == "refused":
        _refused_by_node(one, offer)


def _refused_by_node(one: RolloutCameraRow, offer: OfferRow) -> None:
    one.state, one.why = "refused", f"by the node: {offer.refused}"[:1000]


def _follow_back(session: Session, one: RolloutCameraRow) -> None:
    offer = offer_of(session, one.node, one.camera, one.before)
    if offer is not None and offer.state == "live":
        one.state = "back"
    elif offer is not None and offer.state == "refused":
        one.state, one.why = "live", f"the node has refused to go back: {offer.refused}"[:1000]


def _of_stage(session: Session, stage: dict[str, str]) -> list[CameraRow]:
    """Cameras of a stage that a recipe can come to: they have a student, and their node has told their slots."""
    if "camera" in stage:
        found = [camera_of(session, stage["node"], stage["camera"])]
    else:
        nodes = [node.fingerprint for node in nodes_by_state(session, "accepted") if node.group == stage["group"]]
        found = [camera for node in nodes for camera in cameras_of(session, node)]
    return [one for one in found if one is not None and one.live and one.card is not None]

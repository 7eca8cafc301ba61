"""Which job a camera is due for, and why; decided by the tables alone."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from lotwise.hub.database.frames import count_frames
from lotwise.hub.database.job_table import JobKind
from lotwise.hub.database.offers import offers_of, standing_offers
from lotwise.hub.database.tables import CameraRow
from lotwise.hub.settings import LearningSettings

WORTH_RETRAINING = ("watch", "retrain")
"""Verdicts on which a camera is retrained."""


@dataclass(frozen=True)
class Due:
    """A job that a camera is due for.

    Attributes:
        kind: what is to be done.
        why: one line for people.
    """

    kind: JobKind
    why: str


def due_job(session: Session, camera: CameraRow, learning: LearningSettings) -> Due | None:
    """What a camera is due for; None where nothing is, or where its node has yet to decide of a bundle.

    Args:
        session: to read with.
        camera: as its node told last.
        learning: when the hub learns.
    """
    if camera.card is None:
        return None
    if any(offer.camera == camera.camera for offer in standing_offers(session, camera.node)):
        return None
    new = count_frames(session, camera.node, camera.camera, "new")
    if not has_student(session, camera):
        if new < learning.first_frames:
            return None
        return Due("adapt", f"{new} frames and no student yet")
    if new < learning.new_frames:
        return None
    if camera.asked:
        return Due("retrain", f"{new} new frames; {camera.asked}")
    if not camera.live:
        # Its node has refused the student that was offered, and no verdict will ever come of a camera without one.
        return Due("retrain", f"{new} new frames; nothing is live at the node")
    if camera.verdict in WORTH_RETRAINING:
        return Due("retrain", f"{new} new frames; the node's verdict is {camera.verdict}")
    return None


def has_student(session: Session, camera: CameraRow) -> bool:
    """Whether a first student of a camera was made, as far as the tables still know."""
    used = count_frames(session, camera.node, camera.camera, "used")
    # A hub that was made anew from a backup without frames may know of its offers alone.
    return bool(used or offers_of(session, camera.node, camera.camera))

"""Rollouts: which ones there were, which one runs, and which cameras take part."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from lotwise.hub.database.rollout_table import RolloutCameraRow, RolloutRow
from lotwise.hub.database.tables import OfferRow


def rollouts_of(session: Session, most: int = 20) -> Sequence[RolloutRow]:
    """The newest first; at most one of them runs, and that is the newest."""
    return session.scalars(select(RolloutRow).order_by(RolloutRow.id.desc()).limit(most)).all()


def newest_rollout(session: Session) -> RolloutRow | None:
    """The one that runs, or that ended last."""
    return next(iter(rollouts_of(session, 1)), None)


def rollout_cameras(session: Session, rollout: int, stage: int | None = None) -> Sequence[RolloutCameraRow]:
    """Cameras of a rollout, or of one of its stages."""
    asked = select(RolloutCameraRow).where(RolloutCameraRow.rollout == rollout)
    if stage is not None:
        asked = asked.where(RolloutCameraRow.stage == stage)
    return session.scalars(asked.order_by(RolloutCameraRow.stage, RolloutCameraRow.node, RolloutCameraRow.camera)).all()


def rollout_camera(session: Session, rollout: int, node: str, camera: str) -> RolloutCameraRow | None:
    """A camera of a rollout."""
    return session.get(RolloutCameraRow, (rollout, node, camera))


def cameras_that_left(session: Session, rollout: int) -> Sequence[RolloutCameraRow]:
    """Those that ran its bundle and have refused it since; asked at once, since a rollout may have hundreds."""
    one, offer = RolloutCameraRow, OfferRow
    same = and_(offer.node == one.node, offer.camera == one.camera, offer.identity == one.bundle)
    asked = select(one).join(offer, same).where(one.rollout == rollout, one.state == "live", offer.state == "refused")
    return session.scalars(asked).all()

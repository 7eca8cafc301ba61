"""Removes pictures that were kept long enough, those of a node that has too many, and those that no row knows.

Only pictures that were learned from go. Their rows stay, so that a node never sends the same frame again.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lotwise.hub.database.database import Database
from lotwise.hub.database.frames import bytes_of
from lotwise.hub.database.nodes import nodes_by_state
from lotwise.hub.database.tables import FrameRow
from lotwise.hub.settings import LimitSettings
from lotwise.hub.store.keys import FRAMES, frame_key, frame_of_key
from lotwise.hub.store.remote import RemoteStore
from lotwise.hub.store.store import Store

FULL, ROOM = 0.9, 0.8
"""A node that uses more than this share of its quota loses used pictures, oldest first, until it uses less than that:
a node whose quota is full could never send what its cameras must learn next."""
UNKNOWN_FOR = timedelta(days=1)
"""Age of a picture without a row at which it is removed: it was received when the hub was killed."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Tidied:
    """How many pictures were removed, and why."""

    old: int
    over_quota: int
    unknown: int


def tidy(database: Database, store: Store, limits: LimitSettings, now: datetime | None = None) -> Tidied:
    """Remove what need not be kept. A kill in between leaves pictures that no row claims, for the next time.

    Args:
        database: the hub's.
        store: of its frames.
        limits: retention and quota.
        now: the moment.

    Raises:
        OSError: the store cannot be reached.
    """
    moment = now or datetime.now(UTC)
    before = moment - timedelta(days=limits.retention_days)
    with database.writing() as session:
        asked = select(FrameRow).where(FrameRow.state == "used", FrameRow.bytes > 0, FrameRow.received < before)
        old = _let_go(session, session.scalars(asked).all())
        over = [key for node in nodes_by_state(session) for key in _over_quota(session, node.fingerprint, limits)]
    for key in (*old, *over):
        store.remove(key)
    unknown = _unknown(database, store, moment)
    for key in unknown:
        store.remove(key)
    if isinstance(store, RemoteStore):
        store.forget_copies()
    done = Tidied(len(old), len(over), len(unknown))
    if any((done.old, done.over_quota, done.unknown)):
        log.info(
            "pictures removed: %d older than %g days, %d over a node's quota, %d that no row knows",
            done.old, limits.retention_days, done.over_quota, done.unknown,
        )  # fmt: skip
    return done


def _over_quota(session: Session, node: str, limits: LimitSettings) -> list[str]:
    quota, used = limits.node_mb * 1e6, bytes_of(session, node)
    if used <= quota * FULL:
        return []
    asked = select(FrameRow).where(FrameRow.node == node, FrameRow.state == "used", FrameRow.bytes > 0)
    going: list[FrameRow] = []
    for frame in session.scalars(asked.order_by(FrameRow.received, FrameRow.id)):
        if used <= quota * ROOM:
            break
        going.append(frame)
        used -= frame.bytes
    return _let_go(session, going)


def _let_go(session: Session, frames: Sequence[FrameRow]) -> list[str]:
    """Note that the pictures of some frames take no room any more; their names in the store."""
    for frame in frames:
        session.execute(update(FrameRow).where(FrameRow.id == frame.id).values(bytes=0))
    return [frame_key(frame.node, frame.camera, frame.sha256) for frame in frames]


def _unknown(database: Database, store: Store, now: datetime) -> list[str]:
    """Pictures of some age that no row claims."""
    found = [(frame_of_key(file.key), file) for file in store.files(FRAMES) if now - file.changed > UNKNOWN_FOR]
    gone = []
    for (node, camera), group in groupby(
        [(frame, file.key) for frame, file in found if frame is not None], key=lambda one: (one[0].node, one[0].camera)
    ):
        with database.reading() as session:
            asked = select(FrameRow.sha256).where(FrameRow.node == node, FrameRow.camera == camera, FrameRow.bytes > 0)
            claimed = set(session.scalars(asked))
        gone += [key for frame, key in group if frame.sha256 not in claimed]
    return gone

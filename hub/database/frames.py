"""Frames that nodes have sent: which ones there are, which were learned from, and how much room they take."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lotwise.hub.database.tables import FrameRow, FrameState


def known_frames(session: Session, node: str, digests: Collection[str]) -> set[str]:
    """Those of these frames, by sha256, that the node has sent already, of whichever camera."""
    asked = select(FrameRow.sha256).where(FrameRow.node == node, FrameRow.sha256.in_(list(digests)))
    return set(session.scalars(asked))


def add_frame(
    session: Session,
    node: str,
    camera: str,
    sha256: str,
    taken: datetime,
    why: Sequence[str],
    size: int,
    now: datetime | None = None,
) -> bool:
    """Note a frame whose file is there; whether it is a new one.

    Args:
        session: to write with.
        node, camera: whose it is; the camera is known.
        sha256: of its file.
        taken: with time zone.
        why: what is new in it.
        size: of its file, bytes.
        now: the moment.
    """
    known = select(FrameRow.id).where(FrameRow.node == node, FrameRow.camera == camera, FrameRow.sha256 == sha256)
    if session.scalar(known) is not None:
        return False
    received = now or datetime.now(UTC)
    session.add(
        FrameRow(
            node=node,
            camera=camera,
            sha256=sha256,
            taken=taken,
            why=list(why),
            bytes=size,
            received=received,
            state="new",
        )
    )
    session.flush()
    return True


def frames_of(session: Session, node: str, camera: str, state: FrameState | None = None) -> Sequence[FrameRow]:
    """Frames of a camera in the order in which they were taken; all of them, or those of one state."""
    asked = select(FrameRow).where(FrameRow.node == node, FrameRow.camera == camera)
    if state is not None:
        asked = asked.where(FrameRow.state == state)
    return session.scalars(asked.order_by(FrameRow.taken, FrameRow.id)).all()


def count_frames(session: Session, node: str, camera: str, state: FrameState | None = None) -> int:
    """How many there are of a camera."""
    asked = select(func.count()).where(FrameRow.node == node, FrameRow.camera == camera)
    return session.scalar(asked if state is None else asked.where(FrameRow.state == state)) or 0


def frame_counts(session: Session, node: str) -> dict[tuple[str, FrameState], int]:
    """How many there are of each camera of a node and in each state; asked at once, since a node reports often."""
    asked = select(FrameRow.camera, FrameRow.state, func.count()).where(FrameRow.node == node)
    found = session.execute(asked.group_by(FrameRow.camera, FrameRow.state))
    return {(camera, state): count for camera, state, count in found}


def use_frames(session: Session, node: str, camera: str, digests: Collection[str]) -> None:
    """Note that a student has learned from these, or was measured on them."""
    asked = update(FrameRow).where(FrameRow.node == node, FrameRow.camera == camera, FrameRow.sha256.in_(list(digests)))
    session.execute(asked.values(state="used"))


def bytes_of(session: Session, node: str | None = None) -> int:
    """What the frames of a node take, or those of all nodes."""
    asked = select(func.coalesce(func.sum(FrameRow.bytes), 0))
    return int(session.scalar(asked if node is None else asked.where(FrameRow.node == node)) or 0)


def kept_pictures(session: Session, node: str, camera: str, most: int) -> Sequence[FrameRow]:
    """Frames of a camera whose pictures are here, the newest first."""
    asked = select(FrameRow).where(FrameRow.node == node, FrameRow.camera == camera, FrameRow.bytes > 0)
    return session.scalars(asked.order_by(FrameRow.taken.desc(), FrameRow.id.desc()).limit(most)).all()

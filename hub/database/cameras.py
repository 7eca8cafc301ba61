"""Cameras of nodes: their cards, and what their nodes said of them last."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotwise.datasets.errors import InputError
from lotwise.hub.database.tables import CameraRow

MAX_CAMERAS = 500
"""Cameras of one node: whoever makes up ids must not fill the tables."""


def camera_of(session: Session, node: str, camera: str) -> CameraRow | None:
    """A camera of a node."""
    return session.get(CameraRow, (node, camera))


def cameras_of(session: Session, node: str | None = None) -> Sequence[CameraRow]:
    """Cameras of a node, or of all nodes."""
    asked = select(CameraRow).order_by(CameraRow.node, CameraRow.camera)
    return session.scalars(asked if node is None else asked.where(CameraRow.node == node)).all()


def known_camera(session: Session, node: str, camera: str) -> CameraRow:
    """A camera of a node, made where it is named for the first time.

    Raises:
        InputError: the node has named too many.
    """
    found = camera_of(session, node, camera)
    if found is None:
        if len(cameras_of(session, node)) >= MAX_CAMERAS:
            raise InputError(f"a node has at most {MAX_CAMERAS} cameras")
        found = CameraRow(node=node, camera=camera)
        session.add(found)
        session.flush()
    return found


def find_camera(session: Session, node: str, camera: str) -> CameraRow:
    """A camera that somebody names.

    Raises:
        InputError: the node has no such camera.
    """
    found = camera_of(session, node, camera)
    if found is None:
        there = ", ".join(one.camera for one in cameras_of(session, node)) or "none yet"
        raise InputError(f"no camera {camera!r} of this node; there are: {there}")
    return found

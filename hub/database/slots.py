"""Slots of cameras: what their nodes have, and what people have drawn here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from lotwise.hub.database.slot_tables import SlotDocumentRow, SlotOrderRow, SlotOrderState


def keep_document(session: Session, node: str, camera: str, version: str, entries: list[Any]) -> None:
    """Keep what a camera's slot file has now."""
    row = session.get(SlotDocumentRow, (node, camera))
    if row is None:
        session.add(SlotDocumentRow(node=node, camera=camera, version=version, entries=entries))
    else:
        row.version, row.entries = version, entries


def standing_orders(session: Session, node: str) -> dict[str, SlotOrderRow]:
    """Those of a node that it has neither taken nor refused, by camera."""
    asked = select(SlotOrderRow).where(SlotOrderRow.node == node, SlotOrderRow.state == "ordered")
    return {row.camera: row for row in session.scalars(asked.order_by(SlotOrderRow.id))}


def newest_order(session: Session, node: str, camera: str) -> SlotOrderRow | None:
    """The last slots that somebody has drawn here for a camera."""
    asked = select(SlotOrderRow).where(SlotOrderRow.node == node, SlotOrderRow.camera == camera)
    return session.scalar(asked.order_by(SlotOrderRow.id.desc()).limit(1))


def entries_of(session: Session, node: str, camera: str, version: str) -> list[Any] | None:
    """Slots by their version, as far as the hub has seen them."""
    document = session.get(SlotDocumentRow, (node, camera))
    if document is not None and document.version == version:
        return document.entries
    asked = select(SlotOrderRow).where(
        SlotOrderRow.node == node,
        SlotOrderRow.camera == camera,
        or_(SlotOrderRow.version == version, SlotOrderRow.base_version == version),
    )
    found: Sequence[SlotOrderRow] = session.scalars(asked.order_by(SlotOrderRow.id.desc()).limit(1)).all()
    return next((row.entries if row.version == version else row.base for row in found), None)


def change_order(order: SlotOrderRow, state: SlotOrderState, now: datetime, why: str = "") -> None:
    """Note what became of drawn slots."""
    order.state, order.changed, order.why = state, now, why[:1000]

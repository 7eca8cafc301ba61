"""Bundles that the hub offers to nodes, and how far each has come."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lotwise.hub.database.tables import OfferRow, OfferState

STANDING: tuple[OfferState, ...] = ("offered", "fetched", "shadow")
"""States of an offer of which the node has not yet decided."""


def offer_of(session: Session, node: str, camera: str, identity: str) -> OfferRow | None:
    """One offer."""
    asked = select(OfferRow).where(OfferRow.node == node, OfferRow.camera == camera, OfferRow.identity == identity)
    return session.scalar(asked)


def offers_of(session: Session, node: str, camera: str | None = None) -> Sequence[OfferRow]:
    """All offers to a node, or to one of its cameras, in the order in which they were made."""
    asked = select(OfferRow).where(OfferRow.node == node).order_by(OfferRow.id)
    return session.scalars(asked if camera is None else asked.where(OfferRow.camera == camera)).all()


def standing_offers(session: Session, node: str) -> Sequence[OfferRow]:
    """Those of which the node has not yet decided: at most one a camera."""
    asked = select(OfferRow).where(OfferRow.node == node, OfferRow.state.in_(STANDING))
    return session.scalars(asked.order_by(OfferRow.id)).all()


def make_offer(session: Session, offer: OfferRow) -> OfferRow:
    """Offer a bundle; an older offer to the same camera that still stands is withdrawn, the same one stays."""
    known = offer_of(session, offer.node, offer.camera, offer.identity)
    if known is not None:
        return known
    for other in standing_offers(session, offer.node):
        if other.camera == offer.camera:
            change_offer(other, "withdrawn", offer.offered)
    session.add(offer)
    session.flush()
    return offer


def change_offer(offer: OfferRow, state: OfferState, now: datetime, refused: str = "") -> bool:
    """Note how far an offer has come; whether that is news."""
    if offer.state == state:
        return False
    offer.state, offer.changed, offer.refused = state, now, refused[:1000]
    return True

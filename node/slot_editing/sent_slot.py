"""A slot as somebody sends it over a network: what may be in it, and how much of it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from lotwise.cameras.site.slot_entry import SlotEntry

MAX_SLOTS = 1000
"""Slots of one camera; the largest view of a public data set has a hundred."""
MAX_CORNERS = 64
SlotId = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]+$")]
Corners = Annotated[tuple[tuple[float, float], ...], Field(max_length=MAX_CORNERS)]


class SentSlot(SlotEntry):
    """A slot of an editor or of a hub."""

    id: SlotId
    polygon: Corners

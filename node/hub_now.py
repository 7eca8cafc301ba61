"""How a node stands with its hub at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

HubState = Literal["starting", "pending", "rejected", "accepted", "away"]
"""Starting: not asked yet. Pending: waits to be accepted. Away: the last question was not answered as it should be."""


@dataclass(frozen=True)
class HubNow:
    """The link to the hub.

    Attributes:
        url: of the hub.
        state: how the node stands with it.
        why: what is wrong or what to do, in one line; empty where all is well.
        answered: when it last answered; None before it did.
        frames_allowed: whether frames may leave the node at all.
        frames_sent: since the start of the node.
        frames_waiting: frames that are kept and that the hub does not have.
        bytes_left: of today's budget of frames.
    """

    url: str
    state: HubState = "starting"
    why: str = ""
    answered: datetime | None = None
    frames_allowed: bool = False
    frames_sent: int = 0
    frames_waiting: int = 0
    bytes_left: int = 0

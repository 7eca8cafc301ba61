"""What a source gives: frames as they come, and how well it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lotwise.datasets.frame import Image

SourceState = Literal["live", "stale", "down"]
"""``stale``: connected, but no frame for too long; ``down``: not connected, or a file that cannot be read."""

CONNECTING = "connecting"
"""Why a source is not live before anything was heard of it."""


@dataclass(frozen=True)
class CapturedFrame:
    """One frame as a source gives it.

    Attributes:
        image: (H, W, 3) BGR.
        taken: with time zone; when it arrived, or the time in a stored file's name.
        number: 1, 2, … in this source; numbers left out are frames dropped for newer ones.
    """

    image: Image
    taken: datetime
    number: int


@dataclass(frozen=True)
class SourceHealth:
    """How one source is.

    Attributes:
        since: when it came into this state (UTC).
        why: one line without secrets where it is not live.
        frames: given to the node. dropped: replaced by newer ones before the node took them.
        reconnects, stalls: counted since the start.
        ended: a folder or video that was read to its end and is not repeated.
    """

    state: SourceState
    since: datetime
    why: str = ""
    frames: int = 0
    dropped: int = 0
    reconnects: int = 0
    stalls: int = 0
    ended: bool = False

"""What a node thinks of one of its cameras at this moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lotwise.cameras.trust.verdict import Verdict


@dataclass(frozen=True)
class TrustNow:
    """Trust in one camera.

    Attributes:
        verdict: over the last day.
        sampled: when a frame was last sampled.
        drift: since when it has changed and in what, in one line; empty where it has not.
        new_frames: how many frames that are new to its bundle are kept.
    """

    verdict: Verdict
    sampled: datetime
    drift: str = ""
    new_frames: int = 0

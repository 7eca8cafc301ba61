"""Who reads a camera's frames at this moment, where a neighbour may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Reader = Literal["local", "neighbour"]
"""Who reads a camera's frames: its own student here, or the neighbour's."""


@dataclass(frozen=True)
class OffloadNow:
    """Offloading of one camera.

    Attributes:
        url: of the neighbour.
        reader: who reads.
        why: what is done and why, in one line.
        bundle: identity of the bundle there; empty before it has told.
        last: who read the last detected frame; empty before the first.
        last_bundle: identity of the bundle that read it.
        local_s: seconds that a frame takes here; None before that is known.
        neighbour_s: seconds within which nine of ten answers come; None before the first.
        limit_s: seconds within which an answer is of use; None before that is known.
        read: frames that the neighbour has read. late: frames that were read here, as its answer came too late or not.
        trials: frames that were sent only to see how long it takes.
        failures: questions without an answer of use.
        sent_bytes: bytes of frames that have left.
    """

    url: str
    reader: Reader = "local"
    why: str = "has not begun"
    bundle: str = ""
    last: Reader | Literal[""] = ""
    last_bundle: str = ""
    local_s: float | None = None
    neighbour_s: float | None = None
    limit_s: float | None = None
    read: int = 0
    late: int = 0
    trials: int = 0
    failures: int = 0
    sent_bytes: int = 0

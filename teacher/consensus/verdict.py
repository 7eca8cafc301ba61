"""What the consensus says of one frame, box by box, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Detections

Reason = Literal["kept", "raised", "tightened", "recovered", "lonely", "background", "furniture", "untold"]
"""``raised``: the same car scores higher in other frames. ``tightened``: its box became the mean over frames, as
that of a raised box does too. ``recovered``: the teacher said nothing, but the same car is here, and was
seen both before and after. ``lonely``: frames
that look the same show no box. ``background``: looks the same over days and is sure in none. These two are lowered
into doubt. ``furniture``: is always there, never changes, and the teacher is never sure of it. ``untold``: the same,
but the frames cannot tell it from a car that did not move; nothing but the teacher's own score speaks for it."""
REASONS: tuple[Reason, ...] = get_args(Reason)


@dataclass(frozen=True)
class Finding:
    """Why one box is what it is.

    Attributes:
        reason: what was done with it.
        score: what the teacher said of it; 0 where it said nothing.
        box: (4,) the teacher's box, xyxy in pixels; None where it said nothing.
        support: indices of the frames that this rests on, rising.
    """

    reason: Reason
    score: float
    box: NDArray[np.float32] | None
    support: tuple[int, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """One frame after the consensus.

    Attributes:
        detections: what is to be taught, scores falling.
        findings: one for each box, in the same order.
    """

    detections: Detections
    findings: tuple[Finding, ...]

"""Whether a frame shows what its camera should see."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["good", "black", "overexposed", "frozen", "blurred", "blocked", "torn", "moved", "unverified"]
"""``unverified``: nobody knows whether the camera still shows its usual view, because the kept one was lost."""


@dataclass(frozen=True)
class ViewReport:
    """Whether a frame shows what the camera should see.

    Attributes:
        why: one line where it is not good.
        shift: (x, y) by which the view lies right of and below its reference, in shares of frame width and height;
            slots are moved by it.
    """

    verdict: Verdict
    why: str = ""
    shift: tuple[float, float] = (0.0, 0.0)

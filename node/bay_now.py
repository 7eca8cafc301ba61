"""What a slot is for, and whether a car has stood there for too long."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BayNow:
    """A slot's place in the lot.

    Attributes:
        row: its row's name; "" where it has none.
        kind: for whom it is, such as ``ev``; "" for everybody.
        max_stay_s: seconds for which a car may stand there; None without a limit.
        overstay: the car that stands there has been seen there for longer.
    """

    row: str = ""
    kind: str = ""
    max_stay_s: float | None = None
    overstay: bool = False

"""What one camera says of a place that several see, and how much that weighs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lotwise.cameras.slots.state import SlotNow

USUAL_ERROR = 0.02
"""Share of the readings of a camera that are wrong, of which nothing is known yet: two cameras of CNR-EXT disagree on
0.5 % of their labels a minute apart, and a student's errors come to that."""
MAX_SURENESS = 0.99
"""No single reading is surer than that: where a detector sees nothing at all it may miss a car."""


@dataclass(frozen=True)
class Sighting:
    """What one camera says of a place.

    Attributes:
        camera: its id.
        now: the slot as the camera's own hysteresis has it.
        seen: when its last frame was taken; None before the first.
        live: it shows this moment: neither a camera that is away nor a recording that was read to its end.
        hidden: on its last frame something nearer covered the place, so that ``now`` is what it saw before.
        error: how often this camera is wrong where it says this of this place, 0..0.5.
    """

    camera: str
    now: SlotNow
    seen: datetime | None = None
    live: bool = True
    hidden: bool = False
    error: float = USUAL_ERROR

    @property
    def knows(self) -> bool:
        """Whether it says free or occupied."""
        return self.now.state != "unknown"

    def is_before(self, other: Sighting) -> bool:
        """Its last frame was taken before the other one saw the place change: it says nothing against that."""
        return self.seen is not None and self.seen < other.now.since


def sureness(sighting: Sighting) -> float:
    """Probability, 0.5 to 1, that the place is as this camera says.

    A reading's score is that of a vehicle, or one minus it. A state is what lies on its side of the detector's
    threshold, whatever the score, so that even the lowest score speaks for it: the score moves the probability between
    a half and one. What the camera got wrong before pulls it back to a half.
    """
    alone = min(0.5 + min(max(sighting.now.score, 0.0), 1.0) / 2, MAX_SURENESS)
    error = min(max(sighting.error, 0.0), 0.5)
    return error + (1 - 2 * error) * alone


def balance(sightings: Iterable[Sighting]) -> float:
    """Log odds that a place is occupied, from cameras that know it; above zero for occupied.

    The cameras are taken as independent, so that their log odds add up. What a hidden slot was before weighs nothing.
    """
    total = 0.0
    for one in sightings:
        if one.knows and not one.hidden:
            sure = sureness(one)
            total += math.log(sure / (1 - sure)) * (1 if one.now.state == "occupied" else -1)
    return total

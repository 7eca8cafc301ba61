"""What one camera says of a place that several see, and how much that weighs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.frame import SlotState

USUAL_ERRORS: Mapping[SlotState, float] = {"free": 0.2, "occupied": 0.05, "unknown": 0.5}
"""Share of what a camera says of a place that is wrong, while nothing is known of this camera. On CNR-EXT's frames the
untouched yolov8n is wrong with 3 % of the slots that it reads as occupied and with 21 % of those as free
(benchmarks/slots/shared_places.py): a detector misses far more cars than it invents. That a good student errs less is
learned."""
MAX_SURENESS = 0.99
"""No single reading is surer than that."""
FAINTEST = 0.9
"""Sureness of an occupied slot of score 0: measured, it hardly rises with the score."""
FAINT_BOX = 2.0
"""By how much the score of a box under the threshold lowers the sureness of a free slot: where something faint shows,
half of the free slots were not."""


@dataclass(frozen=True)
class Sighting:
    """What one camera says of a place.

    Attributes:
        camera: its id.
        now: the slot as the camera's own hysteresis has it.
        seen: when its last frame was taken; None before the first.
        live: it shows this moment: neither a camera that is away nor a recording that was read to its end.
        hidden: on its last frame something nearer covered the place, so that ``now`` is what it saw before.
        error: how often this camera is wrong where it says this of this place, 0..0.5; None for the usual.
    """

    camera: str
    now: SlotNow
    seen: datetime | None = None
    live: bool = True
    hidden: bool = False
    error: float | None = None

    @property
    def knows(self) -> bool:
        """Whether it says free or occupied."""
        return self.now.state != "unknown"

    def is_before(self, other: Sighting) -> bool:
        """Its last frame was taken before the other one saw the place change: it says nothing against that."""
        return self.seen is not None and self.seen < other.now.since


def sureness(sighting: Sighting) -> float:
    """Probability, 0.5 to 1, that the place is as this camera says.

    What is seen is surer than what is not: a box of any score is hardly ever there without a car, while a slot on which
    nothing is seen may hold a car that was missed. What the camera got wrong before pulls its word to a half.
    """
    score = min(max(sighting.now.score, 0.0), 1.0)
    occupied = sighting.now.state == "occupied"
    alone = FAINTEST + (MAX_SURENESS - FAINTEST) * score if occupied else MAX_SURENESS - FAINT_BOX * (1 - score)
    error = USUAL_ERRORS[sighting.now.state] if sighting.error is None else min(max(sighting.error, 0.0), 0.5)
    return error + (1 - 2 * error) * max(alone, 0.5)


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

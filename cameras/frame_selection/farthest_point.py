"""Which frames of a camera's stream are worth labelling, told without labels and without the teacher.

Greedy farthest-point selection (k-center: Gonzalez 1985; as active learning: Sener and Savarese 2018) over the
frames' appearances. The first frames of a choice are the choice of fewer frames.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.frame_selection.survey import Survey

NEAR_DUPLICATE_DISTANCE = 0.2
"""Distance up to which two frames show the same: twice that of two frames of one still lot, which sensor noise alone
brings to under 0.1 (see the tests of appearance)."""

Why = Literal["first", "new light", "new occupancy"]


@dataclass(frozen=True)
class Chosen:
    """One frame of a choice.

    Attributes:
        index: of the frame.
        why: what is new in it, seen from the chosen frame that is most like it.
        distance: to that frame; None for the first.
    """

    index: int
    why: Why
    distance: float | None


@dataclass(frozen=True)
class Choice:
    """Frames in order of worth.

    Attributes:
        chosen: the best first.
        alike: how many others look like one of them.
    """

    chosen: tuple[Chosen, ...]
    alike: int

    @property
    def indices(self) -> tuple[int, ...]:
        return tuple(one.index for one in self.chosen)


def choose(seen: Survey, count: int, among: Sequence[int] | None = None) -> Choice:
    """The frames that together show most of what a camera sees.

    The first is the most usual one. Each other is the one least like all that were chosen before, in light or in
    occupancy, a badly exposed frame counting for less. It ends where what is left looks like a chosen frame.

    Args:
        seen: the camera's frames.
        count: how many to choose at most.
        among: indices to choose from; None for all. Those that are not fit are never chosen.
    """
    eligible = np.zeros(len(seen.exposure), bool)
    eligible[[*(range(len(eligible)) if among is None else among)]] = True
    eligible[[*seen.unreadable, *seen.unfit]] = False
    if not eligible.any() or count < 1:
        return Choice((), 0)
    best = _most_usual(seen, eligible)
    chosen = [Chosen(best, "first", None)]
    occupancy, light = seen.distances(best)
    while True:
        distance = np.hypot(occupancy, light)
        worth = np.where(eligible & (distance > NEAR_DUPLICATE_DISTANCE), distance * seen.exposure, 0)
        best = int(worth.argmax())
        if len(chosen) == count or not worth[best]:
            return Choice(tuple(chosen), int((eligible & (distance <= NEAR_DUPLICATE_DISTANCE)).sum()) - len(chosen))
        why: Why = "new light" if light[best] > occupancy[best] else "new occupancy"
        chosen.append(Chosen(best, why, round(float(distance[best]), 3)))
        others = seen.distances(best)
        nearer = np.hypot(*others) < distance
        occupancy, light = np.where(nearer, others[0], occupancy), np.where(nearer, others[1], light)


def _most_usual(seen: Survey, eligible: NDArray[np.bool_]) -> int:
    """The frame nearest to the middle of all; of a badly exposed one the distance counts for more."""
    shares = (eligible / eligible.sum()).astype(np.float32)  # in double precision the product would be a copy of all
    unlike = np.clip(1 - seen.occupancy @ (shares @ seen.occupancy), 0, 2)
    light = ((seen.light - np.median(seen.light[eligible], axis=0)) ** 2).sum(axis=1)
    far = np.sqrt(unlike + light).round(3) / np.maximum(seen.exposure, 0.01)
    return int(np.where(eligible, far, np.inf).argmin())

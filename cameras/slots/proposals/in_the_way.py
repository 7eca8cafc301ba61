"""Cars that stand one behind the other in an aisle, and shut in those of the rows on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.slots.proposals.car_on_ground import LENGTH_M, WIDTH_M
from lotwise.cameras.slots.proposals.ground_view import Floats
from lotwise.cameras.slots.proposals.regular_row import RegularRow

GAP_M = (1.5, 7.5)
"""Room beside a car, metres, up to a row of slots that are entered from there: less is none, more is a lane."""
MIN_SHARE = 0.5
"""Share of a row's places that stand so, from which on all of it is in the way."""


def in_the_way(row: RegularRow, others: Sequence[RegularRow]) -> bool:
    """Whether a row stands in an aisle, between rows of cars side by side, so that nobody could pass.

    People park so where all is full; it is no row of slots, however often it is seen.
    """
    if not row.behind:
        return False
    corners = [other.footprints() for other in others if not other.behind]
    if not corners:
        return False
    footprints = np.concatenate(corners)
    shut_in = [_shut_in(middle, step, footprints) for middle, step in zip(row.middles, row.steps, strict=True)]
    return float(np.mean(shut_in)) >= MIN_SHARE


def _shut_in(middle: Floats, step: Floats, footprints: Floats) -> bool:
    along = step / np.linalg.norm(step)
    aside = np.array([-along[1], along[0]])
    ahead, beside = (footprints - middle) @ along, (footprints - middle) @ aside
    level = (ahead.min(1) < LENGTH_M / 2) & (ahead.max(1) > -LENGTH_M / 2)
    gaps = [side[level].min(1) - WIDTH_M / 2 for side in (beside, -beside)]
    return all(((gap >= GAP_M[0]) & (gap <= GAP_M[1])).any() for gap in gaps)

"""Rows of parking places on the ground: cars side by side, or one behind the other, at even distances."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.proposals.ground_view import Floats

MIN_PLACES = 3
"""Places that make a row."""
MIN_SEEN_SHARE = 0.5
"""Share of a row's places where cars stood."""
STEP_M = (2.1, 7.6)
"""Distance of neighbours, metres: from narrow slots side by side to long ones one behind the other."""
ASIDE_M = (1.9, 4.2)
"""Distance of neighbours across their cars, metres: slots are 2.3 to 2.7 wide, those of angled rows up to 3.6."""
BEHIND_M = 4.7
"""Least distance of neighbours along their cars, metres, where they stand one behind the other."""
BEHIND_ANGLE = np.radians(24)
"""Cars that stand one behind the other point along their row within this."""
MAX_MISSING = 4
"""Places one after the other where nothing was seen, beyond which a row ends."""
TOLERANCE = 0.3
"""Distance from where the next place is expected, as a share of the step, within which it is taken."""
MAX_TURN = np.radians(20)
"""How far a row may turn from one place to the next, measured places being uneven."""
MAX_TURNED_MISFIT = 6.0
"""How much worse than in its best direction a car's box may fit in the direction of its row."""
MISSING_COST, ROW_COST = 0.35, 1.0
"""What a missing place, and a row itself, cost against one place where cars stood. Chosen on PKLot's UFPR05."""


@dataclass(frozen=True)
class Standing:
    """Where cars may stand.

    Attributes:
        middles: (N, Y, 2) metres, for each direction in which the car may stand.
        misfit: (N, Y) of the box to a car in each direction.
        yaws: (Y,) the directions, radians, evenly over half a turn.
        weights: (N,) what each place counts; 0 for one that takes no part.
    """

    middles: Floats
    misfit: Floats
    yaws: Floats
    weights: Floats


@dataclass(frozen=True)
class Row:
    """Places in a row.

    Attributes:
        members: (K,) indices of the places.
        numbers: (K,) of each along the row, rising, from 0; missing places are left out.
        yaw: direction of the cars, radians.
        behind: whether cars stand one behind the other.
        score: how much speaks for it.
    """

    members: NDArray[np.int64]
    numbers: NDArray[np.int64]
    yaw: float
    behind: bool
    score: float

    def joined(self, members: NDArray[np.int64], numbers: NDArray[np.int64]) -> Row:
        """With more places, whose numbers may lie before the first one."""
        all_numbers = np.concatenate([self.numbers, numbers])
        order = np.argsort(all_numbers)
        return replace(
            self,
            members=np.concatenate([self.members, members])[order],
            numbers=all_numbers[order] - all_numbers.min(),
        )


def find_rows(standing: Standing) -> list[Row]:
    """The rows, best first; a place is in one row at most."""
    free = standing.weights > 0
    rows: list[Row] = []
    candidates = _all_rows(standing)
    while candidates:
        best = max(candidates, key=lambda row: row.score)
        rows.append(best)
        free[best.members] = False
        candidates = [part for row in candidates for part in _still_free(row, free, standing)]
    return rows


def _still_free(row: Row, free: NDArray[np.bool_], standing: Standing) -> list[Row]:
    """What a row keeps of its places once better rows have taken theirs."""
    ours = free[row.members]
    if ours.all():
        return [row]
    ends = np.flatnonzero(np.diff(np.concatenate([[0], ours, [0]])))
    parts = (slice(begin, end) for begin, end in zip(ends[::2], ends[1::2], strict=True))
    found = (_row(row.members[part], row.numbers[part], row.yaw, row.behind, standing) for part in parts)
    return [part for part in found if part is not None]


def _row(
    members: NDArray[np.int64], numbers: NDArray[np.int64], yaw: float, behind: bool, standing: Standing
) -> Row | None:
    if len(members) < MIN_PLACES:
        return None
    length = int(numbers[-1] - numbers[0]) + 1
    if len(members) < MIN_SEEN_SHARE * length:
        return None
    at = int(np.abs(standing.yaws - yaw).argmin())
    worse = standing.misfit[members, at] - standing.misfit[members].min(1)
    gain = (standing.weights[members] * np.exp(-worse / MAX_TURNED_MISFIT)).sum()
    score = float(gain - MISSING_COST * (length - len(members)) - ROW_COST)
    return Row(members, numbers - numbers[0], yaw, behind, score) if score > 0 else None


def _all_rows(standing: Standing) -> list[Row]:
    """A row from each pair of neighbours and direction of cars, both ways as far as it goes."""
    found: dict[tuple[int, ...], Row] = {}
    for at, yaw in enumerate(standing.yaws.tolist()):
        middles = standing.middles[:, at]
        usable = (standing.weights > 0) & np.isfinite(middles).all(1)
        usable &= standing.misfit[:, at] <= standing.misfit.min(1) + MAX_TURNED_MISFIT
        for one in np.flatnonzero(usable).tolist():
            distance = np.linalg.norm(middles - middles[one], axis=1)
            near = usable & (distance >= STEP_M[0]) & (distance <= STEP_M[1])
            for other in np.flatnonzero(near).tolist():
                if other <= one:
                    continue
                behind = _kind(middles[other] - middles[one], yaw)
                if behind is None:
                    continue
                forward = _grow(middles, usable, one, other, yaw, behind)
                backward = _grow(middles, usable, other, one, yaw, behind)
                chain = [(index, -number) for index, number in reversed(backward)]
                chain += [(one, 0), (other, 1)]
                chain += [(index, 1 + number) for index, number in forward]
                members = np.array([index for index, _ in chain])
                if len(set(members.tolist())) < len(members):
                    continue
                row = _row(members, np.array([number for _, number in chain]), yaw, behind, standing)
                key = tuple(sorted(members.tolist()))
                if row is not None and (key not in found or found[key].score < row.score):
                    found[key] = row
    return list(found.values())


def _kind(step: Floats, yaw: float) -> bool | None:
    """Whether neighbours at this step stand one behind the other; None where cars so placed are no neighbours."""
    along = abs(float(step[0] * np.cos(yaw) + step[1] * np.sin(yaw)))
    aside = abs(float(step[1] * np.cos(yaw) - step[0] * np.sin(yaw)))
    if ASIDE_M[0] <= aside <= ASIDE_M[1] and along <= 1.2 * aside:
        return False
    if along >= BEHIND_M and np.arctan2(aside, along) <= BEHIND_ANGLE:
        return True
    return None


def _grow(
    middles: Floats, usable: NDArray[np.bool_], before: int, last: int, yaw: float, behind: bool
) -> list[tuple[int, int]]:
    """Places beyond ``last`` of a row that comes from ``before``: index, and number from ``last`` on."""
    step = middles[last] - middles[before]
    found: list[tuple[int, int]] = []
    at, number, taken = middles[last], 0, {before, last}
    while True:
        for ahead in range(1, MAX_MISSING + 2):
            off = np.where(usable, np.linalg.norm(middles - (at + ahead * step), axis=1), np.inf)
            off[list(taken)] = np.inf
            nearest = int(off.argmin())
            if off[nearest] <= TOLERANCE * np.linalg.norm(step) * min(ahead, 2) ** 0.5:
                break
        else:
            return found
        new = (middles[nearest] - at) / ahead
        if abs(_angle(new, step)) > MAX_TURN or _kind(new, yaw) is not behind:
            return found
        step = 0.65 * step + 0.35 * new
        at, number = middles[nearest], number + ahead
        taken.add(nearest)
        found.append((nearest, number))


def _angle(one: Floats, other: Floats) -> float:
    return float(np.arctan2(one[0] * other[1] - one[1] * other[0], one @ other))

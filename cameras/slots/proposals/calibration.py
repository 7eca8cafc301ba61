"""How a camera looks at its ground, from the boxes of parked cars alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.proposals.car_on_ground import places_of
from lotwise.cameras.slots.proposals.downhill import downhill
from lotwise.cameras.slots.proposals.ground_view import Floats, GroundView

MIN_BOXES = 6
"""Boxes below which a view cannot be told from them."""
YAWS = np.arange(0, np.pi, np.pi / 12)
"""Directions in which a car is tried; its front and its back look alike."""
SIZE_SPREAD = 0.1
"""Standard deviation of the sides of a box around those of a usual car, as a logarithm."""
FOCAL_PRIOR, FOCAL_SPREAD = 0.8, 0.3
"""Focal length as a share of the longer side of the frame (a field of view of 64 degrees), and its spread as a
logarithm: 50 to 80 degrees are usual."""
MIN_ROW = 4
"""Places of a row from which on it tells of the view."""
PARALLEL_WEIGHT, SQUARE_WEIGHT, SQUARE_SPREAD = 1.0, 0.15, np.radians(4)
"""Rows of a lot are mostly parallel or square to each other, and so are their cars to those of other rows; fewer lots
have cars square to their rows. What a place counts in both, and how exact it is."""
EVENNESS = 0.12
"""Standard deviation of places from where an even row has them, as a share of the step."""
ROLL_SPREAD = 0.04
"""Radians; who mounts a camera holds it level within a few degrees."""
PRIOR_WEIGHT = 4.0
"""How much the priors weigh against one box."""
FOCALS = (0.6, 0.85, 1.25)
"""Focal lengths to begin with, as shares of the longer side of the frame: 80, 61 and 44 degrees."""
FIRST_CALLS, REFINING_CALLS = 100, 240
"""Views that are tried, at most, in a search: from single boxes, and from rows."""
UNPARALLEL_SHARE, PLACE_WORTH = 0.1, 0.01
"""What counts in comparing views besides how even rows are. Chosen on the tuning part of docs/slot-proposals.md."""
FIRST_STEPS = np.array([0.3, 0.15, 0.03, 0.3])
"""Of the search: logarithm of the focal length, radians of pitch and roll, logarithm of the height."""
FOCALS = (0.6, 0.85, 1.25)
"""Focal lengths to begin with, as shares of the longer side of the frame: 80, 61 and 44 degrees."""
FIRST_CALLS, REFINING_CALLS = 120, 240
"""Views that are tried, at most, in a search."""
UNPARALLEL_SHARE, PLACE_WORTH = 0.1, 0.01
"""What counts in comparing views besides how even rows are. Chosen on the tuning part of docs/slot-proposals.md."""
FIRST_STEPS = np.array([0.3, 0.15, 0.03, 0.3])
"""Of the search: logarithm of the focal length, radians of pitch and roll, logarithm of the height."""
_PITCHES, _HEIGHTS = (0.2, 0.35, 0.55, 0.8, 1.1), (3.5, 5.5, 8.5, 13.0, 20.0, 32.0)


def misfit(view: GroundView, boxes: Floats) -> Floats:
    """(N,) how badly each box (N, 4) fits a usual car in its best direction; about 1 for a usual deviation."""
    _, size = places_of(view, np.broadcast_to(boxes[:, None], (len(boxes), len(YAWS), 4)), YAWS)
    squares = (size**2).sum(-1) / SIZE_SPREAD**2
    return np.asarray(np.where(np.isnan(squares), 1e4, squares).min(1), np.float64)


def refine_view(
    view: GroundView,
    boxes: Floats,
    rows: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]],
    calls: int = REFINING_CALLS,
) -> GroundView:
    """The view in which rows are even as well: all their cars in one direction, at one distance from each other.

    Single boxes leave it open whether a camera looks down steeply through a wide lens or flatly through a long one;
    rows do not.

    Args:
        view: to begin with.
        boxes: (N, 4) xyxy in pixels.
        rows: of each row the indices (K,) of its boxes, and their numbers (K,) along it.
        calls: views that are tried, at most.
    """
    rows = [row for row in rows if len(row[0]) >= MIN_ROW]

    def cost(values: Floats) -> float:
        if not _possible(values):
            return 1e9
        uneven, unparallel, _ = _disorder(_view_of(values, view.size), boxes, rows)
        return _prior(values) + uneven + unparallel

    start = np.array([np.log(view.focal / max(view.size)), view.pitch, view.roll, np.log(view.height)])
    return _view_of(downhill(cost, start, FIRST_STEPS, most=calls)[0], view.size) if rows else view


def _unevenness(middles: Floats, size: Floats, numbers: NDArray[np.int64]) -> tuple[float, float, float]:
    """How badly boxes fit equal cars in one direction at even distances; directions of row and cars that fit best."""
    if not np.isfinite(middles).all():
        return 1e6, 0.0, 0.0
    misfit = (np.log1p((size**2).sum(-1) / SIZE_SPREAD**2 / 4) * 4).sum(0)
    terms = np.column_stack([np.ones(len(numbers)), numbers])
    flat = middles.reshape(len(numbers), -1)
    fitted = np.linalg.lstsq(terms, flat, rcond=None)[0]
    off = (flat - terms @ fitted).reshape(middles.shape)
    steps = fitted[1].reshape(-1, 2)
    squares = (off**2).sum(-1) / (EVENNESS * np.maximum(np.linalg.norm(steps, axis=1), 1.0)) ** 2
    directions = np.arctan2(steps[:, 1], steps[:, 0])
    cost = misfit + (np.log1p(squares / 4) * 4).sum(0) + SQUARE_WEIGHT * len(numbers) * _off_square(YAWS - directions)
    best = int(cost.argmin())
    return float(cost[best]), float(directions[best]), float(YAWS[best])


def _off_square(angles: Floats) -> Floats:
    """What it costs that directions are neither parallel nor square to each other; little once they are not at all."""
    off = (angles + np.pi / 4) % (np.pi / 2) - np.pi / 4
    return np.asarray(np.log1p((off / SQUARE_SPREAD) ** 2), np.float64)


def _unparallel(directions: Floats, counts: NDArray[np.int64]) -> float:
    weights = np.sqrt(np.outer(counts, counts))
    cost = _off_square(directions[:, None] - directions) * weights
    return float(PARALLEL_WEIGHT * np.triu(cost, 1).sum() / max(len(counts) - 1, 1))


def fit_views(boxes: Floats, size: tuple[int, int]) -> list[GroundView]:
    """For some focal lengths each the view in which most boxes are those of usual cars; none of too few boxes.

    Args:
        boxes: (N, 4) xyxy of parked cars that the border of the frame does not cut, pixels.
        size: width and height of the frame, px.
    """
    if len(boxes) < MIN_BOXES:
        return []

    def cost(focal: float, values: Floats) -> float:
        whole = np.array([np.log(focal), *values])
        if not _possible(whole):
            return 1e9
        # Cauchy: lorries, half-hidden cars and boxes of no cars count little.
        return _prior(whole) + float(np.log1p(misfit(_view_of(whole, size), boxes) / 4).sum() * 4)

    views = []
    for focal in FOCALS:
        at = partial(cost, focal)
        start = min((np.array([pitch, 0.0, np.log(height)]) for pitch, height in product(_PITCHES, _HEIGHTS)), key=at)
        best, _ = downhill(at, start, FIRST_STEPS[1:], most=FIRST_CALLS)
        views.append(_view_of(np.array([np.log(focal), *best]), size))
    return views


def disorder(view: GroundView, boxes: Floats, rows: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> float:
    """How badly rows are even and parallel in a view, a place; the fewer places are in rows, the worse. For comparing.

    Args:
        view: the camera.
        boxes: (N, 4) xyxy in pixels.
        rows: of each row the indices (K,) of its boxes, and their numbers (K,) along it.
    """
    long = [row for row in rows if len(row[0]) >= MIN_ROW]
    if not long:
        return np.inf
    uneven, unparallel, count = _disorder(view, boxes, long)
    places = sum(len(members) for members, _ in rows)
    return (uneven + UNPARALLEL_SHARE * unparallel) / count - PLACE_WORTH * places


def _disorder(
    view: GroundView, boxes: Floats, rows: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> tuple[float, float, int]:
    """Of all rows: how uneven each is, how far they are from parallel and square to each other; their places."""
    ours = boxes[np.concatenate([members for members, _ in rows])]
    middles, size = places_of(view, np.broadcast_to(ours[:, None], (len(ours), len(YAWS), 4)), YAWS)
    counts = np.array([len(members) for members, _ in rows])
    ends = np.cumsum(counts)[:-1]
    split = zip(np.split(middles, ends), np.split(size, ends), rows, strict=True)
    fits = np.array([_unevenness(there, shares, numbers) for there, shares, (_, numbers) in split])
    return (
        float(fits[:, 0].sum()),
        _unparallel(fits[:, 1], counts) + _unparallel(fits[:, 2], counts),
        int(counts.sum()),
    )


def _view_of(values: Floats, size: tuple[int, int]) -> GroundView:
    """From log of the focal length as a share of the longer side, pitch, roll, log of the height."""
    focal, pitch, roll, height = (float(value) for value in values)
    return GroundView(size, max(size) * float(np.exp(focal)), pitch, roll, float(np.exp(height)))


def _possible(values: Floats) -> bool:
    return bool(0.02 < values[1] < 1.55 and abs(values[0]) < 2 and 0 < values[3] < 5)


def _prior(values: Floats) -> float:
    squares = ((values[0] - np.log(FOCAL_PRIOR)) / FOCAL_SPREAD) ** 2 + (values[2] / ROLL_SPREAD) ** 2
    return float(PRIOR_WEIGHT * squares)

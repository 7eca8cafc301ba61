"""What makes a polygon no slot: the same for slot files and for the slots that a bundle carries."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import combinations

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.printable import printable

IN_PIXELS = "its corners are in pixels or percent; expected x, y in 0..1"
NO_AREA = "has no area: its corners lie on one line or in one place; draw it again"
TWICE = "is there twice; give each its own id"
NO_TEXT = "its id holds what is no letter; give it another id"
MAX_BEYOND_FRAME = 1.0
"""Widths or heights of the frame by which a corner may lie outside of it. Slots at the border reach out a little; a
polygon that reaches further is given in pixels or percent."""
MIN_AREA = 1e-7
"""Share of the frame that a slot must cover: a tenth of a pixel of 1000x750."""


def first_wrong_slot(
    slots: Iterable[tuple[str, NDArray[np.floating]]],
    further: Callable[[NDArray[np.floating]], str | None] = lambda _: None,
) -> tuple[str, str] | None:
    """The first slot that cannot be read on any frame, or whose id was there before: its id, and why.

    Args:
        slots: id and polygon (K, 2) of each, normalised to 0..1 of the frame.
        further: a check of polygons that passed, which says what is wrong or None.
    """
    taken: set[str] = set()
    for name, polygon in slots:
        why = unreadable(polygon) or further(polygon)
        if why is None:
            why = TWICE if name in taken else wrong_name(name)
        if why is not None:
            return printable(name), why
        taken.add(name)
    return None


def wrong_name(name: str) -> str | None:
    """What is wrong with an id; None where nothing is.

    >>> wrong_name("A 12 - Süd"), wrong_name("a\\ud800") is None
    (None, False)
    """
    # Half of a pair of code units, as JSON may hold it: no file, database or message could.
    return None if printable(name) == name else NO_TEXT


def drawn_wrong(polygon: NDArray[np.floating]) -> str | None:
    """What is wrong with how a polygon (K, 2), normalised, was drawn; None where nothing is.

    For slot files only: a bundle may carry slots of a data set, whose outlines are as they are.
    """
    # Of its hull, so that neither an outline along a line nor one that crosses itself in halves counts as the other.
    if cv2.contourArea(cv2.convexHull(np.ascontiguousarray(polygon, np.float32))) < MIN_AREA:
        return NO_AREA
    if (polygon.max(0) <= 0).any() or (polygon.min(0) >= 1).any():
        return "lies outside of the frame, which is 0..1; draw it again"
    if _crosses_itself(polygon):
        return "its outline crosses itself; give the corners in the order in which one walks around it"
    x, y = polygon.astype(np.float64).T
    if abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2 < MIN_AREA:
        return NO_AREA
    return None


def reaches_far(polygon: NDArray[np.floating]) -> bool:
    """Whether a polygon (K, 2) reaches so far out of 0..1 that it must be in pixels or percent."""
    return bool(((polygon < -MAX_BEYOND_FRAME) | (polygon > 1 + MAX_BEYOND_FRAME)).any())


def unreadable(polygon: NDArray[np.floating]) -> str | None:
    """Why a polygon (K, 2), normalised, can be read on no frame; None where it can."""
    if len(polygon) < 3:
        return f"expected at least three corners, got {len(polygon)}"
    if not np.isfinite(polygon).all():
        return "a corner is no finite number; draw it again"
    return IN_PIXELS if reaches_far(polygon) else None


def _crosses_itself(polygon: NDArray[np.floating]) -> bool:
    """Whether two sides of a polygon (K, 2) that do not meet in a corner cross."""
    starts = polygon.astype(np.float64)
    sides = list(zip(starts, np.roll(starts, -1, axis=0), strict=True))

    def turn(a: NDArray[np.float64], b: NDArray[np.float64], c: NDArray[np.float64]) -> float:
        return float((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]))

    return any(
        turn(a, b, c) * turn(a, b, d) < 0 and turn(c, d, a) * turn(c, d, b) < 0
        for (a, b), (c, d) in combinations(sides, 2)
    )

"""Boxes of label files that cannot be meant, and what a user is told of them."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

_LARGEST = 1e7  # pixels: of what lies beyond, float32 keeps no place
NOT_A_NUMBER = "a coordinate that is not a number"
NEGATIVE = "a negative width or height"
NO_AREA = "no area"
OUTSIDE = "a place outside of their picture"
TWICE = "the coordinates of another box of the same picture"


def usable(
    boxes: NDArray[np.floating], ignore: NDArray[np.bool_], size: tuple[int, int] | None = None
) -> tuple[NDArray[np.bool_], Counter[str]]:
    """Which boxes of one picture can be meant, and how often each flaw occurs.

    A box that is there twice, as after two exports into one file, would be a car that no detector finds.

    Args:
        boxes: (N, 4) xyxy in pixels.
        ignore: (N,) whether it is an ignore region; such a one and a vehicle may well have the same box.
        size: (width, height) of the picture, where known.

    Returns:
        (N,) bool, and the number of boxes left out by flaw.
    """
    flaws: Counter[str] = Counter()
    keep = np.ones(len(boxes), bool)

    def drop(found: NDArray[np.bool_] | np.bool_, why: str) -> None:
        flawed = np.asarray(found, bool) & keep
        flaws[why] += int(flawed.sum())
        keep[flawed] = False

    with np.errstate(invalid="ignore"):
        drop(~(np.abs(boxes) < _LARGEST).all(axis=1), NOT_A_NUMBER)
        sides = boxes[:, 2:] - boxes[:, :2]
        drop((sides < 0).any(axis=1), NEGATIVE)
        drop((sides == 0).any(axis=1), NO_AREA)
        if size is not None:
            drop((boxes[:, 2:] <= 0).any(axis=1) | (boxes[:, :2] >= np.array(size)).any(axis=1), OUTSIDE)
    seen: set[tuple[float, ...]] = set()
    twice = np.zeros(len(boxes), bool)
    for index in np.flatnonzero(keep):
        # To a thousandth of a pixel: what one tool rounds is the same box in another.
        box = (*np.round(boxes[index], 3).tolist(), bool(ignore[index]))
        twice[index] = box in seen
        seen.add(box)
    drop(twice, TWICE)
    return keep, +flaws


def flaw_notes(flaws: Counter[str]) -> list[str]:
    """A sentence for each flaw."""
    return [f"{count} boxes were left out: they have {why}" for why, count in flaws.items()]

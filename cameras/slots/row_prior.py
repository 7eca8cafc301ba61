"""The box of a parked car on every slot from a few of them: slots are drawn alike and stand in even rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.likelihood import SHIFT_SPREAD, STRETCH_SPREAD, ExpectedBoxes, Floats

DRAWN_SPREAD = (0.2, 0.2)
"""Standard deviation of a car's box around where its slot is drawn, in car sizes: middle; width and height."""
ROW_SPREAD = (0.1, 0.1)
"""The same for a slot's box against the mean of its two neighbours in the row."""
SHARED_OFFSET_SPREAD = (0.2, 0.4)
"""The same for the offset that all slots of a camera share: cars stand up from the ground, squares do not."""
MAX_COUNTED_FRAMES = 3
"""Frames at a place beyond which more of them say nothing new: it is often the same car."""


@dataclass(frozen=True)
class DrawnSlots:
    """The slots of a camera as drawn.

    Attributes:
        centres: (N, 2) pixels.
        sizes: (N,) the size of a car there, pixels.
        rows: (K, 3) from :func:`row_triples`.
        offset: (4,) where a car's box lies around the centre of its slot before anything is known, car sizes.
    """

    centres: Floats
    sizes: Floats
    rows: NDArray[np.int64]
    offset: Floats


@dataclass(frozen=True)
class BoxesOnSlots:
    """Recurring boxes that lie on slots.

    Attributes:
        slots: (K,) index of the slot, each once.
        boxes: (K, 4) the recurring box, pixels.
        frames: (K,) number of frames.
        seen: (K, 4) bool, False for a side that the border of the frame cuts.
    """

    slots: NDArray[np.int64]
    boxes: Floats
    frames: NDArray[np.int64]
    seen: NDArray[np.bool_]


def row_triples(centres: Floats) -> NDArray[np.int64]:
    """Neighbours in a row: (K, 3) indices of slots of which the second stands in the middle of the others.

    Args:
        centres: (N, 2) of the slots, pixels.
    """
    found = []
    distance = np.linalg.norm(centres[:, None] - centres[None], axis=2)
    for slot in range(len(centres)):
        around = np.argsort(distance[slot], kind="stable")[1:9]
        near = around[distance[slot, around] < 1.6 * distance[slot, around[:1]].sum()]
        best, best_length = None, np.inf
        for position, a in enumerate(near):
            for b in near[position + 1 :]:
                lengths = distance[slot, [a, b]]
                bend = np.linalg.norm(centres[a] + centres[b] - 2 * centres[slot])
                if bend < 0.5 * lengths.min() and lengths.sum() < best_length:
                    best, best_length = (int(a), slot, int(b)), float(lengths.sum())
        if best:
            found.append(best)
    return np.array(found, np.int64).reshape(-1, 3)


def expected_beyond_rows(drawn: DrawnSlots, expected: ExpectedBoxes) -> ExpectedBoxes:
    """The box of a car on the next place beyond each end of a row, where no slot is drawn.

    Args:
        drawn: the slots.
        expected: places of all slots, in order.
    """
    centres = drawn.centres
    ends = []
    for a, middle, b in drawn.rows.tolist():
        for end in (a, b):
            following = 2 * centres[end] - centres[middle]
            step = np.linalg.norm(centres[end] - centres[middle])
            if np.linalg.norm(centres - following, axis=1).min() > step / 2:
                ends.append((end, middle))
    last, before = np.array(ends, np.int64).reshape(-1, 2).T
    return ExpectedBoxes(
        2 * expected.boxes[last] - expected.boxes[before],
        np.maximum(2 * expected.sizes[last] - expected.sizes[before], expected.sizes[last] / 2),
        np.hypot(2 * ROW_SPREAD[0], expected.shift[last]),
        np.hypot(2 * ROW_SPREAD[1], expected.stretch[last]),
    )


def expected_boxes(drawn: DrawnSlots, on_slots: BoxesOnSlots) -> tuple[ExpectedBoxes, ExpectedBoxes]:
    """The box of a car on every slot, and the same as each slot's own on_slots would not tell.

    All knowledge is normal and linear, so the answer is one least-squares solution (a Gaussian Markov random
    field): a box lies about its slot as it does on other slots of the camera (``DRAWN_SPREAD``), halfway between its
    neighbours' in the row (``ROW_SPREAD``), and where boxes were seen. Left and right sides make one system, upper
    and lower ones another.

    Args:
        drawn: the slots.
        on_slots: recurring boxes on some of them.

    Returns:
        Expected boxes with their doubt, one for each slot, in order; from all sightings, and without the slot's own.
    """
    axes = [_along(drawn, on_slots, axis) for axis in (0, 1)]
    return tuple(_places([axis[kind] for axis in axes], drawn.sizes) for kind in (0, 1))  # type: ignore[return-value]


Solution = tuple[Floats, Floats]
"""(N, 2) lower and upper side in pixels along one axis, (N, 2, 2) their covariance."""


def _along(drawn: DrawnSlots, on_slots: BoxesOnSlots, axis: int) -> tuple[Solution, Solution]:
    """The sides along x (0) or y (1), from all sightings and without the slot's own."""
    count = len(drawn.sizes)
    precision, target = np.zeros((count + 1, 2, count + 1, 2)), np.zeros((count + 1, 2))
    shared = count  # the last block is the offset that all slots share, in car sizes
    per_pixel = 1 / drawn.sizes**2

    first = drawn.offset[[axis, axis + 2]]
    offset_precision = np.linalg.inv(_spread(*SHARED_OFFSET_SPREAD))
    precision[shared, :, shared] += offset_precision
    target[shared] += offset_precision @ first

    drawn_precision = np.linalg.inv(_spread(*DRAWN_SPREAD))
    for slot, (centre, size) in enumerate(zip(drawn.centres[:, axis], drawn.sizes, strict=True)):
        # (sides - centre) / size - offset
        for a, factor_a in ((slot, 1 / size), (shared, -1.0)):
            for b, factor_b in ((slot, 1 / size), (shared, -1.0)):
                precision[a, :, b] += factor_a * factor_b * drawn_precision
            target[a] += factor_a * drawn_precision @ np.full(2, centre / size)

    row_precision = np.linalg.inv(_spread(*ROW_SPREAD))
    for row in drawn.rows:
        # side of the neighbours, halved, less the one in the middle
        factors = list(zip(row, (0.5, -1.0, 0.5), strict=True))
        for a, factor_a in factors:
            for b, factor_b in factors:
                precision[a, :, b] += factor_a * factor_b * row_precision * per_pixel[row[1]]

    own = np.zeros((count, 2, 2))
    observed = np.zeros((count, 2))
    for slot, box, frames, seen in zip(on_slots.slots, on_slots.boxes, on_slots.frames, on_slots.seen, strict=True):
        sides = np.flatnonzero(seen[[axis, axis + 2]])
        spread = _spread(SHIFT_SPREAD, STRETCH_SPREAD)[np.ix_(sides, sides)] / min(frames, MAX_COUNTED_FRAMES)
        own[slot][np.ix_(sides, sides)] = np.linalg.inv(spread) * per_pixel[slot]
        observed[slot] = own[slot] @ box[[axis, axis + 2]]
        precision[slot, :, slot] += own[slot]
        target[slot] += observed[slot]

    flat = 2 * (count + 1)
    everything = np.asarray(np.linalg.inv(precision.reshape(flat, flat)), np.float64)
    sides_at = (everything @ target.reshape(flat)).reshape(count + 1, 2)[:count]
    blocks = everything.reshape(count + 1, 2, count + 1, 2)[np.arange(count), :, np.arange(count)]
    inverse = np.linalg.inv(blocks)
    without = np.asarray(np.linalg.inv(inverse - own), np.float64)
    others = np.einsum("nij,nj->ni", without, np.einsum("nij,nj->ni", inverse, sides_at) - observed)
    return (sides_at, blocks), (others, without)


def _spread(shift: float, stretch: float) -> Floats:
    """(2, 2) covariance of two opposite sides that move together by ``shift`` and apart by ``stretch``."""
    together, apart = shift**2, stretch**2 / 4
    return np.array([[together + apart, together - apart], [together - apart, together + apart]])


def _places(axes: list[Solution], sizes: Floats) -> ExpectedBoxes:
    """Both axes in one, the doubt as the mean of both in car sizes."""
    boxes = np.stack([axes[0][0][:, 0], axes[1][0][:, 0], axes[0][0][:, 1], axes[1][0][:, 1]], axis=1)
    spread = sum(covariance for _, covariance in axes) / 2 / sizes[:, None, None] ** 2
    trace, cross = spread[:, 0, 0] + spread[:, 1, 1], 2 * spread[:, 0, 1]
    return ExpectedBoxes(boxes, sizes, np.sqrt((trace + cross) / 4), np.sqrt(np.maximum(trace - cross, 0)))

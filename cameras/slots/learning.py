"""Learns the per-slot picture from a camera's own detections, without labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.slots.assignment import assign
from lotwise.cameras.slots.likelihood import Places, fit
from lotwise.cameras.slots.model import Place, SlotModel
from lotwise.cameras.slots.recurring_boxes import (
    SURE_SCORE,
    CarSize,
    RecurringBoxes,
    car_size,
    find_recurring_boxes,
    middles,
)
from lotwise.cameras.slots.row_prior import Drawing, Sighting, beyond, expect, rows
from lotwise.datasets.boxes import clip, coverage
from lotwise.datasets.frame import Detections, Slot

MOST_FRAMES = 200
"""More frames than that are thinned out evenly: they teach nothing new and cost time."""
MOST_DOUBT = 0.25
"""A slot whose expected box is in doubt by more (its middle, in car sizes) is left to the half-covered rule."""
AGAIN = 2
"""Frames in which boxes must have settled outside of all slots for that to be a place of its own,"""
SHARED = 0.7
"""and share of it, or of a slot's expected box, from which on they may be boxes of one car."""
BORDER = 3.0
"""Pixels from the border of the frame within which a side of a box is cut, not seen."""
_ROUNDS = 10


def learn_slot_model(frames: Sequence[Detections], slots: Sequence[Slot], size: tuple[int, int]) -> SlotModel:
    """Where a parked car's box lies on each slot, from where boxes settle over time; no labels.

    1. Boxes of all frames are gathered into the places where they settled, on slots or elsewhere.
    2. In turns, settled places go one-to-one to the slots where they are expected, and the expected boxes of
       all slots are worked out anew from the places that they got. A slot's own place does not speak for
       itself: it must lie where the neighbours and the drawing lead to expect it.
    3. RecurringBoxes places outside of all slots are kept too, those beyond the end of a row above all: a car there
       is not one of the slot that its box covers.

    The result can only be as good as the variety of the frames: some with most slots taken are best.

    Args:
        frames: detections of each frame of one camera, in pixels of frames of this size.
        slots: of the camera.
        size: (width, height) of the frames.

    Returns:
        The model; without places where there are too few boxes to learn from.
    """
    if len(frames) > MOST_FRAMES:
        frames = [frames[index] for index in np.linspace(0, len(frames) - 1, MOST_FRAMES).round().astype(int)]
    sizes = car_size(frames) if frames and slots else None
    if sizes is None:
        return SlotModel(frames=len(frames))
    settled = find_recurring_boxes(frames, sizes, size)
    drawing = _drawing(frames, slots, size, sizes)
    owner = np.full(len(settled), -1)
    expected, _ = expect(drawing, _sighting(settled, owner, size))
    others = expected
    for _ in range(_ROUNDS):
        before, owner = owner, _owners(settled, others, size)
        expected, others = expect(drawing, _sighting(settled, owner, size))
        if np.array_equal(owner, before):
            break
    known = [place for place in _known(expected, slots, size) if place.shift <= MOST_DOUBT]
    elsewhere = settled.boxes[_outside(settled, owner, drawing, expected, size)]
    outside = _known(Places.settled(elsewhere, sizes.at(middles(elsewhere))), [None] * len(elsewhere), size)
    return SlotModel(places=(*known, *outside), frames=len(frames))


def _drawing(frames: Sequence[Detections], slots: Sequence[Slot], size: tuple[int, int], sizes: CarSize) -> Drawing:
    sure = np.concatenate([seen.boxes[seen.scores >= SURE_SCORE] for seen in frames]).astype(np.float64)
    aspect = float(np.median((sure[:, 2] - sure[:, 0]) / np.maximum(sure[:, 3] - sure[:, 1], 1)))
    half = np.array([aspect**0.5, aspect**-0.5]) / 2
    centres = middles(np.stack([slot.box(*size) for slot in slots]))
    return Drawing(centres, sizes.at(centres), rows(centres), np.concatenate([-half, half]))


def _owners(settled: RecurringBoxes, expected: Places, size: tuple[int, int]) -> np.ndarray:
    """(len(settled),) index of the slot that each settled place belongs to, or -1.

    The more often boxes were seen somewhere, the less likely is it no place at all.
    """
    fits = fit(settled.boxes, expected, size)
    owner = np.full(len(settled), -1)
    for place, slot in assign(np.where(fits > 0, fits + np.log1p(settled.support)[:, None] / 2, 0)):
        owner[place] = slot
    return owner


def _outside(
    settled: RecurringBoxes, owner: np.ndarray, drawing: Drawing, expected: Places, size: tuple[int, int]
) -> np.ndarray:
    """(len(settled),) bool, whether cars of their own settle there, outside of all slots.

    Boxes around two cars, or of what shows of one behind a tree, settle on slots as well; as places of their
    own they would keep cars from their slots. So a place counts where a row would go on beyond its last slot,
    or where it shares less than ``SHARED`` with the expected box of every slot.
    """
    settles = (owner < 0) & (settled.frames >= AGAIN)
    fits = fit(settled.boxes, beyond(drawing, expected), size)
    outside = np.zeros(len(settled), bool)
    outside[[place for place, _ in assign(np.where(settles[:, None], fits, 0))]] = True
    boxes = settled.boxes.astype(np.float32)
    slots = clip(expected.boxes.astype(np.float32), *size)
    shared = np.maximum(coverage(boxes, slots), coverage(slots, boxes).T)
    return np.asarray(outside | (settles & (shared < SHARED).all(axis=1)), bool)


def _sighting(settled: RecurringBoxes, owner: np.ndarray, size: tuple[int, int]) -> Sighting:
    mine = np.flatnonzero(owner >= 0)
    boxes = settled.boxes[mine]
    width, height = size
    seen = np.concatenate([boxes[:, :2] > BORDER, boxes[:, 2:] < np.array([width, height]) - BORDER], axis=1)
    return Sighting(owner[mine], boxes, settled.frames[mine], seen)


def _known(places: Places, slots: Sequence[Slot] | Sequence[None], size: tuple[int, int]) -> list[Place]:
    width, height = size
    return [
        Place(
            slot=None if slot is None else slot.id,
            box=tuple((box / [width, height, width, height]).round(5).tolist()),
            size=round(float(car) / width, 5),
            shift=round(float(shift), 4),
            stretch=round(float(stretch), 4),
        )
        for slot, box, car, shift, stretch in zip(
            slots, places.boxes, places.sizes, places.shift, places.stretch, strict=True
        )
    ]

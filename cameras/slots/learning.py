"""Learns the per-slot picture from a camera's own detections, without labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.slots.assignment import assign
from lotwise.cameras.slots.likelihood import ExpectedBoxes, fit_log_odds
from lotwise.cameras.slots.model import ExpectedBox, SlotModel
from lotwise.cameras.slots.recurring_boxes import (
    CAR_SIZE_MIN_SCORE,
    CarSize,
    RecurringBoxes,
    car_size,
    find_recurring_boxes,
    middles,
)
from lotwise.cameras.slots.row_prior import BoxesOnSlots, DrawnSlots, expected_beyond_rows, expected_boxes, row_triples
from lotwise.datasets.boxes import clip, coverage
from lotwise.datasets.frame import Detections, Slot

MAX_FRAMES = 200
"""Frames to learn from; more are thinned out evenly, as they teach nothing new and cost time."""
MAX_SHIFT_DOUBT = 0.25
"""Doubt about the middle of a slot's expected box, in car sizes, above which the half-covered rule reads the slot."""
MIN_RECURRENCES = 2
"""Frames in which boxes must have recurred outside of all slots for that to be a place where cars park."""
SAME_CAR_COVERAGE = 0.7
"""Share of one of two boxes that the other covers, from which on both may be of one car."""
BORDER_PX = 3.0
"""Pixels from the border of the frame within which the side of a box is cut off rather than seen."""
_MAX_ROUNDS = 10
"""Turns in which boxes go to slots and the slots' boxes are estimated anew; it ends before once nothing changes."""


def learn_slot_model(frames: Sequence[Detections], slots: Sequence[Slot], size: tuple[int, int]) -> SlotModel:
    """Where a parked car's box lies on each slot, from where boxes recur over time; no labels.

    1. Boxes of all frames are gathered into the places where they recur, on slots or elsewhere.
    2. In turns, recurring boxes go one-to-one to the slots where they are expected, and the expected boxes of
       all slots are worked out anew from the places that they got. A slot's own place does not speak for
       itself: it must lie where the neighbours and the drawing lead to expect it.
    3. Recurring boxes outside of all slots are kept too, those beyond the end of a row above all: a car there
       is not one of the slot that its box covers.

    The result can only be as good as the variety of the frames: some with most slots taken are best.

    Args:
        frames: detections of each frame of one camera, in pixels of frames of this size.
        slots: the camera's slots.
        size: (width, height) of the frames.

    Returns:
        The model; without places where there are too few boxes to learn from.
    """
    if len(frames) > MAX_FRAMES:
        frames = [frames[index] for index in np.linspace(0, len(frames) - 1, MAX_FRAMES).round().astype(int)]
    sizes = car_size(frames) if frames and slots else None
    if sizes is None:
        return SlotModel(frames=len(frames))
    recurring = find_recurring_boxes(frames, sizes, size)
    drawn = _drawn_slots(frames, slots, size, sizes)
    owner = np.full(len(recurring), -1)
    expected, _ = expected_boxes(drawn, _boxes_on_slots(recurring, owner, size))
    others = expected
    for _ in range(_MAX_ROUNDS):
        before, owner = owner, _owners(recurring, others, size)
        expected, others = expected_boxes(drawn, _boxes_on_slots(recurring, owner, size))
        if np.array_equal(owner, before):
            break
    known = [place for place in _known(expected, slots, size) if place.shift <= MAX_SHIFT_DOUBT]
    elsewhere = recurring.boxes[_outside(recurring, owner, drawn, expected, size)]
    outside = _known(ExpectedBoxes.certain(elsewhere, sizes.at(middles(elsewhere))), [None] * len(elsewhere), size)
    return SlotModel(places=(*known, *outside), frames=len(frames))


def _drawn_slots(
    frames: Sequence[Detections], slots: Sequence[Slot], size: tuple[int, int], sizes: CarSize
) -> DrawnSlots:
    sure = np.concatenate([seen.boxes[seen.scores >= CAR_SIZE_MIN_SCORE] for seen in frames]).astype(np.float64)
    aspect = float(np.median((sure[:, 2] - sure[:, 0]) / np.maximum(sure[:, 3] - sure[:, 1], 1)))
    half = np.array([aspect**0.5, aspect**-0.5]) / 2
    centres = middles(np.stack([slot.box(*size) for slot in slots]))
    return DrawnSlots(centres, sizes.at(centres), row_triples(centres), np.concatenate([-half, half]))


def _owners(recurring: RecurringBoxes, expected: ExpectedBoxes, size: tuple[int, int]) -> np.ndarray:
    """(len(recurring),) index of the slot that each recurring box belongs to, or -1.

    The more often boxes were seen somewhere, the less likely is it no place at all.
    """
    fits = fit_log_odds(recurring.boxes, expected, size)
    owner = np.full(len(recurring), -1)
    for place, slot in assign(np.where(fits > 0, fits + np.log1p(recurring.support)[:, None] / 2, 0)):
        owner[place] = slot
    return owner


def _outside(
    recurring: RecurringBoxes, owner: np.ndarray, drawn: DrawnSlots, expected: ExpectedBoxes, size: tuple[int, int]
) -> np.ndarray:
    """(len(recurring),) bool, whether cars park there, outside of all slots.

    Boxes around two cars, or of what shows of one behind a tree, recur on slots as well; as places of their
    own they would keep cars from their slots. So a place counts where a row would go on beyond its last slot,
    or where it shares less than ``SAME_CAR_COVERAGE`` with the expected box of every slot.
    """
    parked = (owner < 0) & (recurring.frames >= MIN_RECURRENCES)
    fits = fit_log_odds(recurring.boxes, expected_beyond_rows(drawn, expected), size)
    outside = np.zeros(len(recurring), bool)
    outside[[place for place, _ in assign(np.where(parked[:, None], fits, 0))]] = True
    boxes = recurring.boxes.astype(np.float32)
    slots = clip(expected.boxes.astype(np.float32), *size)
    shared = np.maximum(coverage(boxes, slots), coverage(slots, boxes).T)
    return np.asarray(outside | (parked & (shared < SAME_CAR_COVERAGE).all(axis=1)), bool)


def _boxes_on_slots(recurring: RecurringBoxes, owner: np.ndarray, size: tuple[int, int]) -> BoxesOnSlots:
    mine = np.flatnonzero(owner >= 0)
    boxes = recurring.boxes[mine]
    width, height = size
    seen = np.concatenate([boxes[:, :2] > BORDER_PX, boxes[:, 2:] < np.array([width, height]) - BORDER_PX], axis=1)
    return BoxesOnSlots(owner[mine], boxes, recurring.frames[mine], seen)


def _known(places: ExpectedBoxes, slots: Sequence[Slot] | Sequence[None], size: tuple[int, int]) -> list[ExpectedBox]:
    width, height = size
    return [
        ExpectedBox(
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

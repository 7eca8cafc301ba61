"""Learns the per-slot picture from a camera's own detections, without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lotwise.cameras.slots.assignment import assign
from lotwise.cameras.slots.likelihood import ExpectedBoxes, fit_log_odds
from lotwise.cameras.slots.model import ExpectedBox, SlotModel
from lotwise.cameras.slots.parked_cars import ParkedCars, find_parked_cars, thinned
from lotwise.cameras.slots.recurring_boxes import RecurringBoxes, middles
from lotwise.cameras.slots.row_prior import (
    MAX_COUNTED_FRAMES,
    BoxesOnSlots,
    DrawnSlots,
    expected_beyond_rows,
    expected_boxes,
    row_triples,
)
from lotwise.datasets.boxes import clip, coverage
from lotwise.datasets.frame import Detections, Slot

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


@dataclass(frozen=True)
class LearnedSlots:
    """What is known of where cars stand on slots.

    Attributes:
        model: what slots are read by; None for the half-covered rule.
        seen: on how many frames a car stood on each slot that was learned, by slot id.
        frames: number of frames it was learned from.
    """

    model: SlotModel | None
    seen: Mapping[str, int] = field(default_factory=dict)
    frames: int = 0


def learn_slot_model(frames: Sequence[Detections], slots: Sequence[Slot], size: tuple[int, int]) -> SlotModel:
    """Where a parked car's box lies on each slot, from where boxes recur over time; no labels.

    The result can only be as good as the variety of the frames: some with most slots taken are best.

    Args:
        frames: detections of each frame of one camera, in pixels of frames of this size.
        slots: the camera's slots.
        size: (width, height) of the frames.

    Returns:
        The model; without places where there are too few boxes to learn from.
    """
    parked = find_parked_cars(frames, size) if slots else None
    if parked is None:
        return SlotModel(frames=len(thinned(frames)))
    learned = learn_slots(parked, slots).model
    assert learned is not None
    return learned


def learn_slots(parked: ParkedCars, slots: Sequence[Slot]) -> LearnedSlots:
    """Where a parked car's box lies on each slot, from the places where boxes recurred.

    1. In turns, recurring boxes go one-to-one to the slots where they are expected, and the expected boxes of
       all slots are worked out anew from the places that they got. A slot's own place does not speak for
       itself: it must lie where the neighbours and the drawing lead to expect it.
    2. Recurring boxes outside of all slots are kept too, those beyond the end of a row above all: a car there
       is not one of the slot that its box covers.

    Some hundredths of a second for a camera with a hundred slots.

    Args:
        parked: where cars park in the view.
        slots: the camera's slots.
    """
    if not slots:
        return LearnedSlots(SlotModel(frames=parked.frames), frames=parked.frames)
    recurring, size = parked.recurring, parked.size
    drawn = _drawn_slots(parked, slots)
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
    certain = ExpectedBoxes.certain(elsewhere, parked.sizes.at(middles(elsewhere)))
    outside = _known(certain, [None] * len(elsewhere), size)
    seen = {slots[slot].id: int(recurring.frames[place]) for place, slot in enumerate(owner) if slot >= 0}
    return LearnedSlots(SlotModel(places=(*known, *outside), frames=parked.frames), seen, parked.frames)


def _drawn_slots(parked: ParkedCars, slots: Sequence[Slot]) -> DrawnSlots:
    half = np.array([parked.aspect**0.5, parked.aspect**-0.5]) / 2
    centres = middles(np.stack([slot.box(*parked.size) for slot in slots]))
    return DrawnSlots(centres, parked.sizes.at(centres), row_triples(centres), np.concatenate([-half, half]))


def _owners(recurring: RecurringBoxes, expected: ExpectedBoxes, size: tuple[int, int]) -> np.ndarray:
    """(len(recurring),) index of the slot that each recurring box belongs to, or -1.

    Each frame in which boxes lay somewhere speaks for that place, up to ``MAX_COUNTED_FRAMES`` as in the prior of rows:
    a car that once stood in the aisle must not push one that stood there again and again from its slot. And the more
    often boxes were seen somewhere, the less likely is it no place at all.
    """
    fits = fit_log_odds(recurring.boxes, expected, size)
    counted = np.minimum(recurring.frames, MAX_COUNTED_FRAMES)[:, None]
    owner = np.full(len(recurring), -1)
    for place, slot in assign(np.where(fits > 0, fits * counted + np.log1p(recurring.support)[:, None] / 2, 0)):
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

"""The rule for a camera with a slot model: boxes go one-to-one to where cars were seen to park."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.slots.assignment import assign
from lotwise.cameras.slots.half_covered import OCCUPIED_COVERAGE, slot_boxes
from lotwise.cameras.slots.likelihood import Floats, fit_log_odds, odds_to_share
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.reading import SlotReading
from lotwise.datasets.boxes import coverage
from lotwise.datasets.frame import Detections, Slot
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE


def match_slots(
    detections: Detections,
    slots: Sequence[Slot],
    size: tuple[int, int],
    model: SlotModel,
    confidence: float = DEFAULT_CONFIDENCE,
) -> dict[str, SlotReading]:
    """Which slots are taken, by one-to-one assignment of boxes to the places where cars park.

    Each box goes to at most one place and each place takes at most one box, such that the whole is likeliest;
    so a car that stands on its own slot, or outside of all, occupies no other slot that its box happens to
    cover. What fits no known place is read by the half-covered rule, as are all boxes on slots that are not in
    the model: with an empty model the result is that of ``slot_states``.

    Boxes under the confidence are left out, although some are of far cars: a student that learned too little
    sees cars on free slots, and the same boxes must decide here as are reported.

    Args:
        detections: boxes of one frame, in its pixels.
        slots: slots of its camera.
        size: (width, height) of the frame.
        model: from ``learn_slot_model`` for this camera.
        confidence: a slot is occupied from this score up.

    Returns:
        A reading for each slot id; its score is the probability of a car, or one minus it for a free slot.
    """
    if not slots:
        return {}
    seen = detections[detections.scores >= confidence]
    places = model.in_pixels(size)
    fits = fit_log_odds(seen.boxes, places, size)
    occupied = _stray(seen, slots, size, fits)

    score_odds = np.log(seen.scores / np.maximum(1 - seen.scores, 1e-6)).astype(np.float64)
    # A box that is left over is a second one of the car at the place that it fits best.
    place_of = fits.argmax(axis=1) if len(places) else np.zeros(0, np.int64)
    for box, place in assign(np.where(fits > 0, fits + score_odds[:, None], 0)):
        place_of[box] = place
    row = {slot.id: index for index, slot in enumerate(slots)}
    taken = seen.scores * odds_to_share(fits[np.arange(len(place_of)), place_of]) if len(place_of) else seen.scores
    for place, score in zip(place_of.tolist(), taken.tolist(), strict=False):
        slot = model.places[place].slot
        if slot in row:
            occupied[row[slot]] = max(occupied[row[slot]], score)
    return {
        slot.id: SlotReading("occupied", score) if score >= confidence else SlotReading("free", 1 - score)
        for slot, score in zip(slots, occupied.tolist(), strict=True)
    }


def _stray(seen: Detections, slots: Sequence[Slot], size: tuple[int, int], fits: Floats) -> Floats:
    """(slots,) score of the best box that half covers each slot, as far as no known place explains the box."""
    covered = coverage(seen.boxes, slot_boxes(slots, size)) > OCCUPIED_COVERAGE
    unexplained = 1 - odds_to_share(fits.max(axis=1, initial=-np.inf))
    score: Floats = np.where(covered, (seen.scores * unexplained)[:, None], 0).max(axis=0, initial=0)
    return score

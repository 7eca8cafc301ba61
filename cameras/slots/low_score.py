"""Free slots on which something fainter than a car shows: their readings say how likely it is one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lotwise.cameras.slots.half_covered import OCCUPIED_COVERAGE
from lotwise.cameras.slots.likelihood import fit_log_odds, odds_to_share
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.reading import SlotReading
from lotwise.datasets.boxes import coverage
from lotwise.datasets.frame import Detections, Slot
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE


def with_low_scores(
    readings: Mapping[str, SlotReading],
    detections: Detections,
    slots: Sequence[Slot],
    size: tuple[int, int],
    model: SlotModel | None = None,
    confidence: float = DEFAULT_CONFIDENCE,
) -> dict[str, SlotReading]:
    """Readings in which boxes under the confidence have lowered the scores of free slots; no state changes.

    A far car that scores around the confidence flickers from frame to frame; its boxes of low score tell it from a slot
    that was left. They take no part in the matching, where they could displace a car.

    Args:
        readings: what the same detections say of each slot, by its id.
        detections: boxes of one frame, in its pixels, with boxes under the confidence.
        slots: slots of its camera.
        size: (width, height) of the frame.
        model: where cars are expected; slots that it does not know must be half covered.
        confidence: boxes under this score are of low score.

    Returns:
        A reading for each slot id that had one.
    """
    low = detections[detections.scores < confidence]
    free = [slot for slot in slots if slot.id in readings and readings[slot.id].state == "free"]
    if not len(low) or not free:
        return dict(readings)
    known = {place.slot: index for index, place in enumerate(model.places)} if model else {}
    car = np.zeros((len(low), len(free)))
    unknown = [column for column, slot in enumerate(free) if slot.id not in known]
    if unknown:
        boxes = np.stack([free[column].box(*size) for column in unknown])
        car[:, unknown] = coverage(low.boxes, boxes) > OCCUPIED_COVERAGE
    if model and known:
        fits = fit_log_odds(low.boxes, model.in_pixels(size), size)
        share = odds_to_share(fits) * (fits == fits.max(axis=1, keepdims=True))
        car[:, unknown] *= 1 - odds_to_share(fits.max(axis=1))[:, None]
        matched = [column for column, slot in enumerate(free) if slot.id in known]
        car[:, matched] = share[:, [known[free[column].id] for column in matched]]
    likely = (car * low.scores[:, None]).max(axis=0).tolist()
    lower = {
        slot.id: SlotReading("free", min(readings[slot.id].score, 1 - share))
        for slot, share in zip(free, likely, strict=True)
    }
    return {**readings, **lower}

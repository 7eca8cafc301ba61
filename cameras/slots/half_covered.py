"""The plain rule: a slot is taken when a box covers more than half of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.reading import SlotReading
from lotwise.datasets.boxes import coverage
from lotwise.datasets.frame import Detections, Slot
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE

OCCUPIED_COVERAGE = 0.5
"""Share of a slot's bounding box above which a vehicle whose box covers it stands on the slot."""


def slot_states(
    detections: Detections, slots: Sequence[Slot], size: tuple[int, int], confidence: float = DEFAULT_CONFIDENCE
) -> dict[str, SlotReading]:
    """Which slots are taken, by the rule that a box covers more than half of the slot's bounding box.

    Args:
        detections: boxes of one frame, in its pixels.
        slots: slots of its camera.
        size: (width, height) of the frame.
        confidence: a box counts from this score up.

    Returns:
        A reading for each slot id.
    """
    if not slots:
        return {}
    covered = coverage(detections.boxes, slot_boxes(slots, size)) > OCCUPIED_COVERAGE
    best = np.where(covered, detections.scores[:, None], 0).max(0, initial=0)
    return {
        slot.id: SlotReading("occupied", float(score)) if score >= confidence else SlotReading("free", 1 - float(score))
        for slot, score in zip(slots, best, strict=True)
    }


def slot_boxes(slots: Sequence[Slot], size: tuple[int, int]) -> NDArray[np.float32]:
    """Bounding boxes of slots, (N, 4) xyxy in pixels of a frame of (width, height)."""
    if len({len(slot.polygon) for slot in slots}) != 1:
        return np.array([slot.box(*size) for slot in slots], np.float32).reshape(-1, 4)
    corners = np.stack([slot.polygon for slot in slots]) * np.array(size, np.float32)
    return np.concatenate([corners.min(1), corners.max(1)], axis=1).astype(np.float32)

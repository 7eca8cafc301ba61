"""Which rule reads a camera's slots."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from lotwise.cameras.slots.half_covered import slot_states
from lotwise.cameras.slots.matched import match_slots
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.reading import SlotReading
from lotwise.cameras.slots.unseen import unseen_slots
from lotwise.datasets.frame import Crop, Detections, Slot


class SlotRule(Protocol):
    """From the detections of one frame to a reading for each slot id."""

    def __call__(
        self, detections: Detections, slots: Sequence[Slot], size: tuple[int, int], /, confidence: float
    ) -> dict[str, SlotReading]: ...


def slot_rule(model: SlotModel | None, crop: Crop | None = None) -> SlotRule:
    """How a camera's slots are read: by matching where a model was learned, else by the half-covered rule.

    Args:
        model: where parked cars' boxes lie, if that was learned.
        crop: the part of the frame, in 0..1, that the detector looks at; slots outside of it are unknown.
    """
    rule: SlotRule = slot_states if model is None else partial(match_slots, model=model)
    return rule if crop is None else partial(_within, rule=rule, crop=crop)


def _within(
    detections: Detections,
    slots: Sequence[Slot],
    size: tuple[int, int],
    confidence: float,
    *,
    rule: SlotRule,
    crop: Crop,
) -> dict[str, SlotReading]:
    unseen = unseen_slots(slots, crop)
    readings = rule(detections, slots, size, confidence=confidence)
    return {name: SlotReading("unknown", 0.0) if name in unseen else one for name, one in readings.items()}

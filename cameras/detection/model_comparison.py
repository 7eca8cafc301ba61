"""Whether two models of one student, or one model run in two ways, see the same on the same frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.detector import Detector
from lotwise.datasets.frame import Detections, Image, SlotState
from lotwise.datasets.suppression import first_boxes

MIN_AGREEMENT = 0.98
"""Least F1 of a model's boxes against those of the exact one, where nothing else is asked for. Chosen: a score at the
threshold may fall to either side on one box in fifty."""
MIN_SLOT_AGREEMENT = 0.98
"""Least share of slots that both read alike, where nothing else is asked for."""


@dataclass(frozen=True)
class Said:
    """What a detector says of a frame, at the deployed confidence: boxes that it reports, and its slots' states."""

    reported: Detections
    slots: Mapping[str, SlotState]


def said(detector: Detector, frame: Image) -> Said:
    """What a detector with its bundle's thresholds and slots says of a frame, (H, W, 3) BGR."""
    found = detector([frame], min(detector.confidence, detector.slot_confidence))[0]
    size = (frame.shape[1], frame.shape[0])
    readings = detector.slot_rule(found, detector.slots, size, confidence=detector.slot_confidence)
    reported = first_boxes(found[found.scores >= detector.confidence])
    return Said(reported, {slot: reading.state for slot, reading in readings.items()})


def compared(pairs: Iterable[tuple[Said, Said]]) -> dict[str, Any]:
    """How far what two detectors of the same thresholds and slots say of the same frames is the same.

    Args:
        pairs: of each frame, first the exact one's.

    Returns:
        ``agreement``: F1 of the boxes; ``slot_agreement``: share of slots with the same state, None without slots;
        ``frames``; ``vehicles``: of the first.
    """
    boxes: list[tuple[Detections, Detections]] = []
    same: list[bool] = []
    for exact, quick in pairs:
        boxes.append((exact.reported, quick.reported))
        same += [state == quick.slots[slot] for slot, state in exact.slots.items()]
    return {
        "agreement": agreement(boxes),
        "slot_agreement": sum(same) / len(same) if same else None,
        "frames": len(boxes),
        "vehicles": sum(len(first) for first, _ in boxes),
    }


def compare(exact: Detector, quick: Detector, frames: Iterable[Image]) -> dict[str, Any]:
    """How far two detectors of one bundle say the same of frames: as :func:`compared`."""
    return compared((said(exact, frame), said(quick, frame)) for frame in frames)

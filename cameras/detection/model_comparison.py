"""Whether two models of one student, or one model run in two ways, see the same on the same frames."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.detector import Detector
from lotwise.datasets.frame import Detections, Image
from lotwise.datasets.suppression import first_boxes

MIN_AGREEMENT = 0.98
"""Least F1 of a model's boxes against those of the exact one, where nothing else is asked for. Chosen: a score at the
threshold may fall to either side on one box in fifty."""
MIN_SLOT_AGREEMENT = 0.98
"""Least share of slots that both read alike, where nothing else is asked for."""


def compare(exact: Detector, quick: Detector, frames: Iterable[Image]) -> dict[str, Any]:
    """How far what two detectors report of the same frames, at the deployed confidence, is the same.

    Returns:
        ``agreement``: F1 of the boxes; ``slot_agreement``: share of slots with the same state, None without slots;
        ``frames``; ``vehicles``: of the first.
    """
    pairs: list[tuple[Detections, Detections]] = []
    same: list[bool] = []
    for frame in frames:
        least = min(exact.confidence, exact.slot_confidence)
        pair = exact([frame], least)[0], quick([frame], least)[0]
        size = (frame.shape[1], frame.shape[0])
        first, second = (exact.slot_rule(one, exact.slots, size, confidence=exact.slot_confidence) for one in pair)
        reported = [first_boxes(one[one.scores >= exact.confidence]) for one in pair]
        pairs.append((reported[0], reported[1]))
        same += [first[slot].state == second[slot].state for slot in first]
    return {
        "agreement": agreement(pairs),
        "slot_agreement": sum(same) / len(same) if same else None,
        "frames": len(pairs),
        "vehicles": sum(len(first) for first, _ in pairs),
    }

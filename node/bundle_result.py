"""What one bundle finds in one frame: its vehicles, and what it reads of the slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.slots import SlotReading
from lotwise.datasets.frame import Detections, Image
from lotwise.datasets.suppression import first_boxes
from lotwise.node.state import Event

Read = Callable[[Detector, Detections], Mapping[str, SlotReading]]
"""From a detector and its detections to slot readings."""
Ignored = Callable[[Detections], NDArray[np.bool_]]
"""From detections to which of them are those of things that are no vehicles, (N,) bool."""


def nothing_ignored(detections: Detections) -> NDArray[np.bool_]:
    """For a camera in whose view nothing is ignored."""
    return np.zeros(len(detections), bool)


@dataclass(frozen=True)
class BundleResult:
    """What a bundle finds in one frame.

    Attributes:
        detector: that said it.
        detections: in pixels of the frame, also some under its confidence, without those that are ignored.
        ignored: the others.
        readings: of the slots.
        events: what followed for the bundles.
    """

    detector: Detector
    detections: Detections
    readings: Mapping[str, SlotReading]
    events: tuple[Event, ...] = ()
    ignored: Detections = field(default_factory=Detections.empty)

    @property
    def deployed(self) -> Detections:
        """The detections at the detector's own confidence."""
        return first_boxes(self.detections[self.detections.scores >= self.detector.confidence])


def run_bundle(
    detector: Detector, image: Image, read: Read, low: float, ignored: Ignored = nothing_ignored
) -> BundleResult:
    """Detect and read one frame; here, and nowhere else in the node, detections are ignored.

    Args:
        image: (H, W, 3) BGR.
        read: from a detector and its detections to slot readings.
        low: boxes from this score up are given, where that is under the detector's own thresholds.
        ignored: which detections are those of things that are no vehicles.
    """
    found = detector([image], min(low, detector.confidence, detector.slot_confidence))[0]
    gone = ignored(found)
    detections = found[~gone]
    return BundleResult(detector, detections, read(detector, detections), ignored=found[gone])

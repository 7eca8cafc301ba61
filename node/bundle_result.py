"""What one bundle finds in one frame: its vehicles, and what it reads of the slots."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.slots import SlotReading
from lotwise.datasets.frame import Detections, Image
from lotwise.node.state import Event

Read = Callable[[Detector, Detections], Mapping[str, SlotReading]]
"""From a detector and its detections to slot readings."""


@dataclass(frozen=True)
class BundleResult:
    """What a bundle finds in one frame.

    Attributes:
        detector: that said it.
        detections: in pixels of the frame, also some under its confidence.
        readings: of the slots.
        events: what followed for the bundles.
    """

    detector: Detector
    detections: Detections
    readings: Mapping[str, SlotReading]
    events: tuple[Event, ...] = ()

    @property
    def deployed(self) -> Detections:
        """The detections at the detector's own confidence."""
        return self.detections[self.detections.scores >= self.detector.confidence]


def run_bundle(detector: Detector, image: Image, read: Read, low: float) -> BundleResult:
    """Detect and read one frame.

    Args:
        image: (H, W, 3) BGR.
        read: from a detector and its detections to slot readings.
        low: boxes from this score up are given, where that is under the detector's confidence.
    """
    detections = detector([image], min(low, detector.confidence))[0]
    return BundleResult(detector, detections, read(detector, detections))

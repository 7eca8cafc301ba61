"""A PyTorch detection model run plainly, at one scale: for looking at any ``.pt`` beside a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lotwise.cameras.slots.picture import SlotPicture
from lotwise.datasets.frame import Crop, Detections, Image, Slot
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.teacher.oracle import Oracle, OracleSettings


@dataclass
class SingleScale:
    """The vehicles that a ``.pt`` finds at 640 px, called like a bundle's detector."""

    weights: Path
    confidence: float = DEFAULT_CONFIDENCE
    slots: tuple[Slot, ...] = ()
    picture: SlotPicture = field(default_factory=SlotPicture)
    oracle: Oracle = field(init=False)

    def __post_init__(self) -> None:
        self.oracle = Oracle(self.weights, OracleSettings(scales=(640,), grid=0, confidence=0.001))

    @property
    def identity(self) -> str:
        return self.oracle.identity

    @property
    def slot_confidence(self) -> float:
        """Slots are read from the boxes that are reported."""
        return self.confidence

    @property
    def crop(self) -> Crop | None:
        """It looks at all of a frame."""
        return None

    def __call__(self, frames: Sequence[Image], confidence: float | None = None) -> list[Detections]:
        threshold = self.confidence if confidence is None else confidence
        found = [self.oracle.predict(frame).detections for frame in frames]
        return [detections[detections.scores >= threshold] for detections in found]

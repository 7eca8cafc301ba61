"""What was found on a frame, kept so that slots which are drawn later can be read on it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lotwise.cameras.slots.occlusion import hidden_slots
from lotwise.cameras.slots.picture import SlotPicture
from lotwise.cameras.slots.reading import SlotReading
from lotwise.cameras.slots.rule import slot_rule
from lotwise.datasets.frame import Crop, Detections, Slot


@dataclass(frozen=True)
class SeenFrame:
    """The boxes of one frame and what is needed to read slots by them.

    Attributes:
        name: of the frame; "" where it has none.
        taken: when it was taken, where that is known.
        size: (width, height) of the frame in pixels.
        detections: in pixels of the frame, moved by the view's shift to where the slots are drawn; all from the lower
            one of the two thresholds up, second boxes of a vehicle among them.
        confidence: score from which a box is reported, the detector's own.
        slot_confidence: score from which a box makes a slot occupied, the detector's own.
        crop: the part of the frame, in 0..1, that the detector looks at; all of it where None.
        picture: what was known of where cars park in the view.
        hidden_share: setting ``hysteresis.hidden_share``.
    """

    name: str
    taken: datetime | None
    size: tuple[int, int]
    detections: Detections
    confidence: float
    slot_confidence: float
    crop: Crop | None
    picture: SlotPicture
    hidden_share: float

    def read(self, slots: Sequence[Slot]) -> dict[str, SlotReading]:
        """A reading of each slot as a node would take it from this frame; ``unknown`` for one that is hidden,
        or of which the detector sees too little."""
        model = self.picture.learned(slots).model
        readings = slot_rule(model, self.crop)(self.detections, slots, self.size, confidence=self.slot_confidence)
        hidden = hidden_slots(
            self.detections, slots, self.size, model, self.hidden_share, self.confidence, self.slot_confidence
        )
        return readings | {name: SlotReading("unknown", 0.0) for name in hidden if name in readings}

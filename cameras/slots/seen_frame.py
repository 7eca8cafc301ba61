"""What was found on a frame, kept so that slots which are drawn later can be read on it too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lotwise.cameras.slots.carried_over import carried_over
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.occlusion import hidden_slots
from lotwise.cameras.slots.reading import SlotReading
from lotwise.cameras.slots.rule import slot_rule
from lotwise.datasets.frame import Detections, Slot


@dataclass(frozen=True)
class SeenFrame:
    """The boxes of one frame and what is needed to read slots by them.

    Attributes:
        name: of the frame; "" where it has none.
        taken: when it was taken, where that is known.
        size: (width, height) of the frame in pixels.
        detections: in pixels of the frame, moved by the view's shift to where the slots are drawn.
        confidence: the detector's own.
        slot_model: what its bundle has learned of the slots ``learned_for``; None for nothing.
        hidden_share: setting ``hysteresis.hidden_share``.
    """

    name: str
    taken: datetime | None
    size: tuple[int, int]
    detections: Detections
    confidence: float
    slot_model: SlotModel | None
    learned_for: tuple[Slot, ...]
    hidden_share: float

    def read(self, slots: Sequence[Slot]) -> dict[str, SlotReading]:
        """A reading of each slot as a node would take it from this frame; ``unknown`` for one that is hidden.

        What was learned of a slot counts only where it is drawn as it was then.
        """
        model = carried_over(self.slot_model, self.learned_for, slots)
        readings = slot_rule(model)(self.detections, slots, self.size, confidence=self.confidence)
        hidden = hidden_slots(self.detections, slots, self.size, model, self.hidden_share, self.confidence)
        return readings | {name: SlotReading("unknown", 0.0) for name in hidden if name in readings}

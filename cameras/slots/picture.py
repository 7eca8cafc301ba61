"""The picture of a camera's slots: where parked cars' boxes lie on them, for whatever slots are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lotwise.cameras.slots.carried_over import carried_over, same_place
from lotwise.cameras.slots.learning import LearnedSlots, learn_slots
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.parked_cars import ParkedCars, find_parked_cars
from lotwise.cameras.slots.seen_boxes import NO_BOXES, SeenBoxes
from lotwise.datasets.frame import Slot

_KEPT = 4  # results for the last slots that were asked for: those that are read, and those that are being drawn


@dataclass(frozen=True)
class SlotPicture:
    """What is known of where cars park in a camera's view. Any thread may ask it.

    Slots that a model was learned for are read by that model as long as all of them are drawn as they were then. For
    other slots the picture is learned anew from the boxes, all slots together, for a car belongs to one slot only.

    Attributes:
        model: what was learned for the slots ``learned_for``; None for nothing.
        boxes: seen in the view; none where only the model is known.
    """

    model: SlotModel | None = None
    learned_for: tuple[Slot, ...] = ()
    boxes: SeenBoxes = NO_BOXES
    _results: dict[tuple[tuple[str, bytes], ...], LearnedSlots] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def parked(self) -> ParkedCars | None:
        """Where boxes recur; takes half a second for 200 frames the first time. None for too few boxes."""
        return find_parked_cars(self.boxes.detections, self.boxes.size)

    def learned(self, slots: Sequence[Slot]) -> LearnedSlots:
        """What is known of these slots; takes some hundredths of a second the first time.

        Where there is no box to learn from, what the model says of those that are the same.
        """
        key = tuple((slot.id, slot.polygon.tobytes()) for slot in slots)
        found = self._results.get(key)
        if found is None:
            found = self._learned(slots)
            for old in list(self._results)[: 1 - _KEPT]:
                self._results.pop(old, None)
            self._results[key] = found
        return found

    def _learned(self, slots: Sequence[Slot]) -> LearnedSlots:
        anew = learn_slots(self.parked, slots) if self.boxes.frames and self.parked is not None else None
        if self.model is not None and (anew is None or same_slots(slots, self.learned_for)):
            kept = carried_over(self.model, self.learned_for, slots)
            return LearnedSlots(kept, anew.seen if anew else {}, self.model.frames)
        return LearnedSlots(None) if anew is None else anew


def same_slots(some: Sequence[Slot], others: Sequence[Slot]) -> bool:
    """Whether two lists hold the same slots, whatever their order, but for the rounding of corners."""
    before = {slot.id: slot for slot in others}
    return len(some) == len(before) and all(slot.id in before and same_place(slot, before[slot.id]) for slot in some)

"""What a model says of one frame, in the form that ``lotwise detect`` writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lotwise.cameras.detection.model import Model
from lotwise.cameras.ignore.region import IgnoreRegion, region_boxes, without_ignored
from lotwise.cameras.slots import SlotReading, slot_rule
from lotwise.datasets.frame import Detections, Image, Slot, SlotState
from lotwise.datasets.suppression import first_boxes


@dataclass(frozen=True)
class FrameResult:
    """Vehicles and slots of one frame.

    Attributes:
        file: what the frame is called: a path, the path of a video with ``#`` and the frame's number, or an address.
        size: (width, height) of the frame in pixels.
        detections: in pixels of the frame.
        readings: by slot id; empty where there are no slots.
        taken: when it was taken, where that is known.
        ignored: boxes that are not among the detections, as they are those of things that are no vehicles.
    """

    file: str
    size: tuple[int, int]
    detections: Detections
    readings: Mapping[str, SlotReading]
    taken: datetime | None = None
    ignored: int = 0

    def count(self, state: SlotState) -> int:
        """How many slots are in this state."""
        return Counter(reading.state for reading in self.readings.values())[state]

    def to_json(self) -> dict[str, Any]:
        """As ``docs/formats.md`` has it; ``slots``, ``time`` and ``ignored`` only where there are some."""
        found = self.detections
        content: dict[str, Any] = {
            "file": self.file,
            "width": self.size[0],
            "height": self.size[1],
            "boxes": [
                [*(round(float(side), 2) for side in box), round(float(score), 4), int(label)]
                for box, score, label in zip(found.boxes, found.scores, found.labels, strict=True)
            ],
        }
        if self.readings:
            content["slots"] = {
                name: {"state": reading.state, "score": round(reading.score, 4)}
                for name, reading in self.readings.items()
            }
        if self.taken is not None:
            content["time"] = self.taken.isoformat()
        if self.ignored:
            content["ignored"] = self.ignored
        return content

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> FrameResult:
        """What :meth:`to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: it did not write this.
        """
        boxes = content["boxes"]
        return FrameResult(
            str(content["file"]),
            (int(content["width"]), int(content["height"])),
            Detections.of([box[:4] for box in boxes], [box[4] for box in boxes], [box[5] for box in boxes]),
            {name: SlotReading(one["state"], one["score"]) for name, one in content.get("slots", {}).items()},
            datetime.fromisoformat(content["time"]) if "time" in content else None,
            int(content.get("ignored", 0)),
        )


@dataclass(frozen=True)
class FrameReader:
    """A model with the threshold, the slots and the ignore regions that it is to be run with.

    Attributes:
        model: finds the vehicles.
        confidence: boxes from this score up are told; from the model's own up where None. Slots are always read at
            the model's own.
        given_slots: read in place of the model's own. Where cars park on them is learned from the boxes that the
            bundle carries; without these, what it has learned of a slot is used where the slot is the same, and others
            are read by the half-covered rule.
        regions: of things that are no vehicles: their boxes count for nothing.
    """

    model: Model
    confidence: float | None = None
    given_slots: Sequence[Slot] | None = None
    regions: Sequence[IgnoreRegion] = ()

    @property
    def slots(self) -> tuple[Slot, ...]:
        """The slots that are read."""
        return self.model.slots if self.given_slots is None else tuple(self.given_slots)

    @property
    def identity(self) -> str:
        """Changes with whatever changes the results."""
        shapes = [(slot.id, slot.polygon.tolist()) for slot in self.slots]
        ignored = "".join(f" {region.id}" for region in self.regions)
        return f"{self.model.identity} {self._threshold} {shapes}{ignored}"

    @property
    def _threshold(self) -> float:
        return self.model.confidence if self.confidence is None else self.confidence

    def __call__(self, image: Image, file: str, taken: datetime | None = None) -> FrameResult:
        """What is on one frame, (H, W, 3) BGR, that is called ``file`` and was taken then."""
        model, slots = self.model, self.slots
        size = (image.shape[1], image.shape[0])
        said = model([image], min(self._threshold, model.slot_confidence))[0]
        found = without_ignored(said, region_boxes(self.regions), size)
        rule = slot_rule(model.picture.learned(slots).model, model.crop) if slots else None
        readings = rule(found, slots, size, confidence=model.slot_confidence) if rule else {}
        told, before = (first_boxes(one[one.scores >= self._threshold]) for one in (found, said))
        return FrameResult(file, size, told, readings, taken, len(before) - len(told))

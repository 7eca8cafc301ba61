"""Protocol `slots`: labels of parking slots are the truth, as states and, for comparison, as boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections, Slot, SlotState, VehicleTruth
from lotwise.eval.evidence import Evidence
from lotwise.eval.metrics.operating_point import share
from lotwise.eval.rows import Row

OUTSIDE_IOU = 0.1
"""A detection whose IoU with every labelled slot box is below this stands on no labelled slot."""


class SlotReading(Protocol):
    """What a slot rule says of one slot."""

    @property
    def state(self) -> SlotState: ...

    @property
    def score(self) -> float: ...


class SlotRule(Protocol):
    """From the detections of one frame to slot states, such as ``lotwise.cameras.slots.slot_states``."""

    def __call__(
        self, detections: Detections, slots: Sequence[Slot], size: tuple[int, int], /, confidence: float
    ) -> Mapping[str, SlotReading]:
        """Reading per slot id; ``size`` is (width, height) of the frame in pixels."""
        ...


@dataclass(frozen=True)
class LabelledFrame:
    """The labelled slots of one frame that have a place in the picture.

    Attributes:
        slots: all slots of the camera; a rule may need the neighbours too.
        size: (width, height) in pixels.
        labels: ``free`` or ``occupied`` by slot id, at least one.
    """

    slots: Sequence[Slot]
    size: tuple[int, int]
    labels: Mapping[str, SlotState]

    def boxes(self, *states: SlotState) -> np.ndarray:
        """(N, 4) float32 xyxy pixel boxes of the slots with one of these labels."""
        boxes = [slot.box(*self.size) for slot in self.slots if self.labels.get(slot.id) in states]
        return np.asarray(boxes, np.float32).reshape(-1, 4)


def labelled_frames(evidence: Evidence) -> dict[str, LabelledFrame]:
    """By frame name, the frames with at least one labelled slot. Unlabelled slots do not count."""
    labelled = {}
    for frame in evidence.frames:
        slots = evidence.slots.get(frame.camera, ())
        truth = evidence.truth.get(frame.name)
        known = (truth.slots if truth else None) or {}
        labels = {slot.id: known[slot.id] for slot in slots if known.get(slot.id, "unknown") != "unknown"}
        if labels:
            labelled[frame.name] = LabelledFrame(slots, evidence.sizes[frame.name], labels)
    return labelled


def occupied_boxes(labelled: LabelledFrame) -> VehicleTruth:
    """Boxes of the occupied slots in place of vehicle boxes."""
    boxes = labelled.boxes("occupied")
    return VehicleTruth(boxes, np.zeros(len(boxes), bool))


def on_labelled_slots(detections: Detections, labelled: LabelledFrame) -> Detections:
    """The detections that stand on a labelled slot: cars elsewhere are real but have no label."""
    overlap = iou(detections.boxes, labelled.boxes("free", "occupied"))
    return detections[overlap.max(axis=1, initial=0) >= OUTSIDE_IOU]


@dataclass(frozen=True)
class SlotCounts:
    """Labelled slots of one frame by label and by what was said of them."""

    occupied_right: int = 0
    occupied_called_free: int = 0
    occupied_unknown: int = 0
    free_right: int = 0
    free_called_occupied: int = 0
    free_unknown: int = 0

    @property
    def occupied(self) -> int:
        return self.occupied_right + self.occupied_called_free + self.occupied_unknown

    @property
    def free(self) -> int:
        return self.free_right + self.free_called_occupied + self.free_unknown

    @property
    def unknown(self) -> int:
        return self.occupied_unknown + self.free_unknown

    @property
    def called_occupied(self) -> int:
        return self.occupied_right + self.free_called_occupied


def count_slots(labels: Mapping[str, SlotState], readings: Mapping[str, SlotReading]) -> SlotCounts:
    """Holds a frame's readings against its labels; a slot without a reading is ``unknown``."""
    said = [(label, readings[slot].state if slot in readings else "unknown") for slot, label in labels.items()]
    return SlotCounts(
        said.count(("occupied", "occupied")),
        said.count(("occupied", "free")),
        said.count(("occupied", "unknown")),
        said.count(("free", "free")),
        said.count(("free", "occupied")),
        said.count(("free", "unknown")),
    )


def with_slots(row: Row, counts: Sequence[SlotCounts]) -> Row:
    """The row with its slot fields filled in from the counts of its frames."""
    right_occupied, right_free = sum(c.occupied_right for c in counts), sum(c.free_right for c in counts)
    occupied, free = sum(c.occupied for c in counts), sum(c.free for c in counts)
    called = sum(c.called_occupied for c in counts)
    surplus = [c.called_occupied - c.occupied for c in counts]
    recalls = [right / total for right, total in ((right_occupied, occupied), (right_free, free)) if total]
    return replace(
        row,
        slots=occupied + free,
        accuracy=share(right_occupied + right_free, occupied + free),
        balanced_accuracy=share(sum(recalls), len(recalls)),
        slot_precision=share(right_occupied, called),
        slot_recall=share(right_occupied, occupied),
        slot_f1=share(2 * right_occupied, called + occupied),
        count_error=share(sum(map(abs, surplus)), len(surplus)),
        count_bias=share(sum(surplus), len(surplus)),
        errors=occupied + free - right_occupied - right_free,
        unknown=sum(c.unknown for c in counts),
    )

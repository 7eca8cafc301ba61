"""What a model is worth at its deployed threshold on a place: boxes right, false and on what, slots right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from benchmarks.clutter.places import LOT, HeldOut, Place
from benchmarks.distillation.training_job import Predictions
from lotwise.cameras.slots import SlotRule, slot_states
from lotwise.datasets.boxes import coverage, iou
from lotwise.datasets.frame import Detections, VehicleTruth
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.suppression import first_boxes
from lotwise.datasets.synthetic.yard.file import read_furniture
from lotwise.datasets.synthetic.yard.truth import PieceTruth
from lotwise.eval.metrics.matching import match
from lotwise.eval.metrics.slot_counts import count_slots

LOOSE, OTHER = "loose", "other"
"""A false box that overlaps a vehicle, badly placed or one too many; and one on neither vehicle nor furniture."""
LOOSE_IOU = 0.3
ON_PIECE_IOU, ON_PIECE_SHARE = 0.3, 0.6
"""A false box is of a piece from this IoU up, or where the piece covers so much of it."""


@dataclass
class Counts:
    """Counts over test frames at one threshold; they add up.

    Attributes:
        frames: with boxes of vehicles as truth.
        right, false, missed: boxes, and vehicles that none found; false ones by what they are on in ``on``.
        slots, slots_wrong: readings with a label.
        empty_frames, empty_boxes, empty_slots: of days on which nothing is parked: frames, boxes drawn there, slots
            called occupied.
    """

    frames: int = 0
    right: int = 0
    false: int = 0
    missed: int = 0
    on: Counter[str] = field(default_factory=Counter)
    slots: int = 0
    slots_wrong: int = 0
    empty_frames: int = 0
    empty_boxes: int = 0
    empty_slots: int = 0

    def __add__(self, other: Counts) -> Counts:
        names = ("frames", "right", "false", "missed", "slots", "slots_wrong", "empty_frames", "empty_boxes",
                 "empty_slots")  # fmt: skip
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in names}, on=self.on + other.on)

    @property
    def furniture(self) -> int:
        """False boxes on furniture."""
        return self.false - self.on[LOOSE] - self.on[OTHER]

    def figures(self) -> dict[str, float | None]:
        """Shares and rates; None where there is nothing to measure."""

        def share(part: float, whole: float, times: float = 1.0) -> float | None:
            return times * part / whole if whole else None

        return {
            "precision": share(self.right, self.right + self.false),
            "recall": share(self.right, self.right + self.missed),
            "false": share(self.false, self.frames, 100.0),
            "furniture": share(self.furniture, self.frames, 100.0),
            "slots_right": share(self.slots - self.slots_wrong, self.slots),
            "empty_boxes": share(self.empty_boxes, self.empty_frames, 100.0),
            "empty_slots": share(self.empty_slots, self.empty_frames, 100.0),
        }


def on_what(box: Sequence[float], truth: VehicleTruth, pieces: Sequence[PieceTruth]) -> str:
    """The kind of furniture that a false box (4,) is on; else ``LOOSE`` or ``OTHER``."""
    one = np.asarray(box, np.float32).reshape(1, 4)
    vehicle = float(iou(one, truth.boxes).max(initial=0))
    if pieces:
        found = np.array([piece.box for piece in pieces], np.float32)
        overlap, covered = iou(one, found)[0], coverage(found, one)[:, 0]
        fits = np.where((overlap >= ON_PIECE_IOU) | (covered >= ON_PIECE_SHARE), np.maximum(overlap, 1e-3), 0)
        best = int(fits.argmax())
        if fits[best] > 0 and overlap[best] >= min(vehicle, ON_PIECE_IOU):
            return pieces[best].kind
    return LOOSE if vehicle >= LOOSE_IOU else OTHER


furniture_of = lru_cache(maxsize=16)(read_furniture)


def count_boxes(said: Detections, truth: VehicleTruth, pieces: Sequence[PieceTruth], confidence: float) -> Counts:
    """Of one frame."""
    drawn = first_boxes(said[said.scores >= confidence])
    found = match(drawn, truth)
    on = Counter(on_what(box, truth, pieces) for box in drawn.boxes[found.false])
    return Counts(1, int(found.right.sum()), int(found.false.sum()), int(found.missed.sum()), on)


def count_test(
    test: HeldOut, said: Predictions, confidence: float, rule: SlotRule, slot_confidence: float | None = None
) -> Counts:
    """Over the frames of one test; slots are read from the boxes that are reported where they have no own threshold."""
    slots_from = confidence if slot_confidence is None else slot_confidence
    dataset, frames = test.frames()
    if test.empty:
        return _count_empty(test, said, confidence, slots_from)
    shown: Mapping[str, tuple[PieceTruth, ...]] = {}
    if test.dataset == "synthetic":
        shown = furniture_of(Path(test.root))
    total = Counts()
    slots = dataset.slots.get(test.camera, ())
    for frame in frames:
        truth = dataset.truth.get(frame.name)
        if truth is None:
            continue
        if truth.vehicles is not None:
            total += count_boxes(said[frame.name], truth.vehicles, shown.get(frame.name, ()), confidence)
        if truth.slots:
            readings = rule(said[frame.name], slots, image_size(frame.path), confidence=slots_from)
            counted = count_slots(truth.slots, readings)
            right = counted.occupied_right + counted.free_right
            labelled = counted.occupied + counted.free
            total += Counts(slots=labelled, slots_wrong=labelled - right)
    return total


def _count_empty(test: HeldOut, said: Predictions, confidence: float, slots_from: float) -> Counts:
    """Of days on which nothing is parked; a box half over a slot is a false reading, as in ``empty_day.py``."""
    camera = test.camera.removesuffix("_empty")
    slots = open_dataset(test.dataset, Path(test.root), (camera,)).slots[camera]
    frames = test.frames()[1]
    size = image_size(frames[0].path)
    boxes = sum(int((first_boxes(found).scores >= confidence).sum()) for found in said.values())
    called = sum(
        reading.state == "occupied"
        for found in said.values()
        for reading in slot_states(found, slots, size, slots_from).values()
    )
    return Counts(empty_frames=len(frames), empty_boxes=boxes, empty_slots=called)


def count(
    place: Place, said: Sequence[Predictions], confidence: float, rule: SlotRule, slot_confidence: float | None = None
) -> Counts:
    """Over all tests of a place; slots are counted where it has learned the slots of one camera."""
    total = Counts()
    for test, found in zip(place.tests, said, strict=True):
        one = count_test(test, found, confidence, rule, slot_confidence)
        total += replace(one, slots=0, slots_wrong=0) if place.camera == LOT else one
    return total

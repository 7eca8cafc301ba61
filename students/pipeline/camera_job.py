"""What the export of one camera works with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lotwise.cameras.ignore.region import without_ignored
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.slots import SlotModel, learn_slot_model
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.frame import Detections, Frame, Slot
from lotwise.datasets.load import LoadFrame
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import Labels


@dataclass(frozen=True)
class CameraJob:
    """What the export of one camera works with.

    Attributes:
        run, plan, record: of the camera.
        train, test: its frames that can be found, of those that it learned from and is measured on.
        slots: of its view.
        labels: what the teacher said.
        read: gives the pixels of a frame.
        ignored: (R, 4) xyxy in 0..1 of the frame, of things that are no vehicles; None for none.
    """

    run: Run
    plan: Plan
    record: CameraRecord
    train: tuple[Frame, ...]
    test: tuple[Frame, ...]
    slots: Sequence[Slot]
    labels: Labels
    read: LoadFrame
    ignored: Boxes | None = None

    @property
    def unlearned(self) -> tuple[Frame, ...]:
        """Test frames whose very picture was not learned from, under whatever name."""
        learned = {self.labels.keys[name] for name in self.record.train if name in self.labels.keys}
        return tuple(frame for frame in self.test if self.labels.keys[frame.name] not in learned)

    @property
    def registry(self) -> Registry:
        return self.run.registry(self.record.camera)


def learn_slots(names: Sequence[str], slots: Sequence[Slot], labels: Labels) -> SlotModel:
    """Where parked cars' boxes lie on each slot, from what the teacher saw on these frames; no labels."""
    said, size = taught_boxes(names, labels)
    return learn_slot_model(said, slots, size)


def taught_boxes(
    names: Sequence[str], labels: Labels, ignored: Boxes | None = None
) -> tuple[list[Detections], tuple[int, int]]:
    """What the teacher saw on those of these frames that are of the usual size, and that size (width, height).

    Args:
        names: of frames.
        labels: what the teacher said.
        ignored: (R, 4) xyxy in 0..1 of the frame, of things that are no vehicles; None for none.
    """
    sizes = {name: labels.index.frames[name].size for name in names if name in labels.keys}
    if not sizes:
        return [], (1, 1)
    size = max(set(sizes.values()), key=list(sizes.values()).count)
    said = [labels.store.get(labels.keys[name]).detections for name, found in sizes.items() if found == size]
    return said if ignored is None else [without_ignored(found, ignored, size) for found in said], size

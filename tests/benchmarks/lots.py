"""A camera of two slots and three frames, written by hand, for the tests of the comparison."""

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np

from benchmarks.distillation.scores import Camera, divide
from lotwise.cameras.slots import SlotReading, slot_rule
from lotwise.cameras.slots.rule import SlotRule
from lotwise.datasets.frame import Dataset, Detections, Frame, Slot, SlotState, Truth, VehicleTruth

SIZE = (100, 50)
A, B = [10, 10, 30, 30], [60, 10, 80, 30]
NAMES = ("C1/0.png", "C1/1.png", "C1/2.png")
STATES: Mapping[str, Mapping[str, SlotState]] = {
    NAMES[0]: {"a": "occupied", "b": "free"},
    NAMES[1]: {"a": "free", "b": "occupied"},
    NAMES[2]: {"a": "occupied", "b": "unknown"},
}
TAUGHT = {
    NAMES[0]: Detections.of([A], [0.9]),
    NAMES[1]: Detections.of([B], [0.9]),
    NAMES[2]: Detections.of([A, B], [0.9, 0.5]),
}


def slot(name: str, box: list[float]) -> Slot:
    x1, y1, x2, y2 = np.array(box) / [*SIZE, *SIZE]
    return Slot(name, np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32))


def always(states: Mapping[str, SlotState]) -> SlotRule:
    """A rule that looks at nothing."""
    return lambda *_, confidence: {name: SlotReading(state, 1.0) for name, state in states.items()}


def camera(folder: Path, matched: list[SlotRule] | None = None) -> Camera:
    """Frame k is tested in part k; its picture is grey, and only the first frame has a vehicle box."""
    (folder / "C1").mkdir()
    frames = tuple(Frame("C1", name, folder / name) for name in NAMES)
    for frame in frames:
        cv2.imwrite(str(frame.path), np.full((SIZE[1], SIZE[0], 3), 90, np.uint8))
    one = VehicleTruth(np.array([A], np.float32), np.zeros(1, bool))
    truth = {name: Truth(one if name == NAMES[0] else None, STATES[name]) for name in NAMES}
    dataset = Dataset("by hand", folder, frames, {"C1": (slot("a", A), slot("b", B))}, truth)
    return Camera(dataset, divide(frames), TAUGHT, matched or [slot_rule(None)] * 3)

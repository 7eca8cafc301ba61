"""Small made-up parking lots for the evaluator's tests."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np

from lotwise.datasets.frame import Detections, Frame, Slot, SlotState, Truth, VehicleTruth
from lotwise.eval.evidence import Evidence
from lotwise.eval.rows import Role

SIZE = (200, 100)


def box(column: int, row: int = 0) -> list[float]:
    """A 10 x 8 box in a 20 x 20 grid of places."""
    return [20.0 * column + 2, 20.0 * row + 2, 20.0 * column + 12, 20.0 * row + 10]


def vehicles(boxes: Sequence[Sequence[float]], ignore: Sequence[Sequence[float]] = ()) -> VehicleTruth:
    every = np.array([*boxes, *ignore], np.float32).reshape(-1, 4)
    return VehicleTruth(every, np.arange(len(every)) >= len(boxes))


def slot(name: str, column: int, row: int = 0) -> Slot:
    x1, y1, x2, y2 = np.array(box(column, row)) / [*SIZE, *SIZE]
    return Slot(name, np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32))


def evidence(
    predictions: Mapping[Role, Mapping[str, Detections]],
    truth: Mapping[str, Truth],
    slots: Mapping[str, Sequence[Slot]] | None = None,
    folder: Path = Path("lot"),
) -> Evidence:
    """Frames are named ``<camera>/<number>``; the deployed confidence is 0.25 everywhere."""
    names = sorted({name for of_role in predictions.values() for name in of_role} | set(truth))
    frames = [Frame(name.split("/")[0], name, folder / f"{name.replace('/', '_')}.jpg") for name in names]
    cameras = {frame.camera for frame in frames}
    confidence: dict[Role, dict[str, float]] = {role: dict.fromkeys(cameras, 0.25) for role in predictions}
    return Evidence(frames, truth, predictions, confidence, slots or {}, dict.fromkeys(names, SIZE))


def write_images(of: Evidence) -> None:
    for frame in of.frames:
        cv2.imwrite(str(frame.path), np.full((SIZE[1], SIZE[0], 3), 90, np.uint8))


def reading(state: SlotState, score: float = 0.9) -> SimpleNamespace:
    return SimpleNamespace(state=state, score=score)


def centre_rule(
    detections: Detections, slots: Sequence[Slot], size: tuple[int, int], /, confidence: float
) -> dict[str, SimpleNamespace]:
    """A slot is occupied if the centre of a detection lies in its box."""
    seen = detections.boxes[detections.scores >= confidence]
    centres = (seen[:, :2] + seen[:, 2:]) / 2
    boxes = {slot.id: slot.box(*size) for slot in slots}
    inside = {name: bool(((centres > b[:2]) & (centres < b[2:])).all(1).any()) for name, b in boxes.items()}
    return {name: reading("occupied" if hit else "free") for name, hit in inside.items()}


CENTRE = defaultdict(lambda: centre_rule)
"""The same rule for every camera."""

"""Small made-up parking lots for the evaluator's tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np

from lotwise.cameras.slots import SlotReading
from lotwise.datasets.frame import Detections, Frame, Slot, SlotState, Truth, VehicleTruth
from lotwise.eval.comparison import Report
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocols import VEHICLES, Protocol
from lotwise.eval.rows import Role, Row

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
    """Frames are named ``<camera>/<number>``; the deployed confidence is 0.25 everywhere.

    A slot is occupied if the centre of a detection lies in its box.
    """
    names = sorted({name for of_role in predictions.values() for name in of_role} | set(truth))
    frames = [Frame(name.split("/")[0], name, folder / f"{name.replace('/', '_')}.jpg") for name in names]
    cameras = {frame.camera for frame in frames}
    confidence: dict[Role, dict[str, float]] = {role: dict.fromkeys(cameras, 0.25) for role in predictions}
    sizes = dict.fromkeys(names, SIZE)
    return Evidence(frames, truth, predictions, confidence, slots or {}, sizes, dict.fromkeys(cameras, centre_rule))


def write_images(of: Evidence) -> None:
    for frame in of.frames:
        cv2.imwrite(str(frame.path), np.full((SIZE[1], SIZE[0], 3), 90, np.uint8))


def reading(state: SlotState, score: float = 0.9) -> SlotReading:
    return SlotReading(state, score)


def centre_rule(
    detections: Detections, slots: Sequence[Slot], size: tuple[int, int], /, confidence: float
) -> dict[str, SlotReading]:
    seen = detections.boxes[detections.scores >= confidence]
    centres = (seen[:, :2] + seen[:, 2:]) / 2
    boxes = {slot.id: slot.box(*size) for slot in slots}
    inside = {name: bool(((centres > b[:2]) & (centres < b[2:])).all(1).any()) for name, b in boxes.items()}
    return {name: reading("occupied" if hit else "free") for name, hit in inside.items()}


def three(camera: str, teacher: float | None, baseline: float | None, student: float | None) -> tuple[Row, ...]:
    """A row each of one camera, with one figure wherever a table asks for one."""
    figures = {"teacher": teacher, "baseline": baseline, "student": student}
    return tuple(
        Row(
            role,
            camera,
            1,
            2,
            precision=f,
            map50=f,
            accuracy=f,
            slots=4,
            errors=None if f is None else int(9 - 9 * f),
        )
        for role, f in figures.items()
    )


def report(protocol: Protocol = VEHICLES, notes: tuple[str, ...] = ()) -> Report:
    """Two cameras: the student beats the baseline on C1 and loses to it on C2."""
    rows = (*three("C1", 0.9, 0.6, 0.95), *three("C2", 0.9, 0.7, 0.65), *three("all", 0.9, 0.65, 0.8))
    return Report(protocol, rows, notes=notes)

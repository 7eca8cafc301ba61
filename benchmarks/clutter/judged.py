"""By what a finished cell's student was tuned: its raw boxes on frames held out of the clip, and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from lotwise.cameras.detection.calibration import Calibration
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.datasets.frame import Detections
from lotwise.datasets.load import load
from lotwise.students.pipeline.expectation import expected_vehicles
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.leave_out import left_out_detections
from lotwise.students.pipeline.measure import say
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import open_labels


@dataclass(frozen=True)
class Tuned:
    """What a student's thresholds were chosen by.

    Attributes:
        frames: raw boxes on each frame that the student, or one that stands for it, did not learn from, with what is
            expected there.
        calibration: of the student's scores.
    """

    frames: Sequence[tuple[Detections, Expected]]
    calibration: Calibration | None


def tuned_by(folder: Path) -> Tuned:
    """Read a cell's run again.

    Args:
        folder: of the cell, with ``run``.
    """
    run = Run(folder / "run")
    (record,) = run.records().values()
    assert record.bundle is not None
    plan = run.plan()
    footage, labels = open_footage(plan), open_labels(run.knowledge, plan.labelling)
    frames = {frame.name: frame for frame in footage.of_camera(record.camera)}
    names = dict.fromkeys([*record.test, *record.train])
    together = sorted((frames[name] for name in names), key=lambda frame: (frame.taken or datetime.max, frame.name))
    expected = expected_vehicles(together, labels, plan.distill)
    student = load_detector(run.registry(record.camera).path(record.bundle))
    if record.left_out is not None:
        said = left_out_detections(run, record)
    else:
        learned = {labels.keys[name] for name in record.train}
        held_out = [frames[name] for name in record.test if labels.keys[name] not in learned]
        said = say({"student": _raw(student)}, ((frame, load(frame)) for frame in held_out))["student"]
    calibration = student.manifest.calibration if student.manifest else None
    return Tuned([(found, expected[name]) for name, found in said.items()], calibration)


def _raw(detector: Detector) -> Detector:
    """The same without its calibration."""
    assert detector.manifest is not None
    return replace(detector, manifest=detector.manifest.model_copy(update={"calibration": None}))

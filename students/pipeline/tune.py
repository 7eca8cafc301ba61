"""From what a bundle's model said of frames that it did not learn from to its calibration and its thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.bundle import parse_manifest, write_manifest
from lotwise.cameras.detection.calibration import Calibration
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.pipeline.calibrate import calibrate
from lotwise.students.pipeline.expected_f1 import Judged, choose_threshold


@dataclass(frozen=True)
class Tuning:
    """How a model is to be run on its camera.

    Attributes:
        calibration: of its raw scores; None where there were too few boxes.
        confidence: calibrated score from which a box is reported.
        slot_confidence: calibrated score from which a box makes a slot occupied: that of the raw score from which
            slots are usually read, or lower where boxes are reported from lower on.
        expected_f1: of the reported boxes.
        invented: how many of them are of what the teacher has on no frame.
        boxes, frames: how many were reported, on how many frames.
    """

    calibration: Calibration | None
    confidence: float
    slot_confidence: float
    expected_f1: float
    invented: int
    boxes: int
    frames: int


def tune(judged: Judged) -> Tuning:
    """Calibrate a model and choose its thresholds, without labels.

    Args:
        judged: its raw boxes, of low score too, on frames that it did not learn from.

    >>> nothing = tune(Judged(np.zeros(0), np.zeros(0), np.zeros(0, bool), 0.0, 0))
    >>> nothing.calibration, nothing.confidence, nothing.slot_confidence
    (None, 0.25, 0.25)
    """
    raw = choose_threshold(judged)
    calibration = calibrate(judged)
    thresholds = np.array([raw, min(raw, DEFAULT_CONFIDENCE)], np.float32)
    confidence, slot_confidence = (calibration(thresholds) if calibration else thresholds).tolist()
    reported = int((judged.scores >= raw).sum())
    return Tuning(
        calibration, confidence, slot_confidence, judged.f1(raw), judged.inventions(raw), reported, judged.frames
    )


def untuned(judged: Judged) -> Tuning:
    """A model that runs as it comes: raw scores, boxes and slots from the usual score up."""
    usual = DEFAULT_CONFIDENCE
    reported = int((judged.scores >= usual).sum())
    return Tuning(None, usual, usual, judged.f1(usual), judged.inventions(usual), reported, judged.frames)


def write_tuning(folder: Path, tuning: Tuning, how: str) -> None:
    """Let a bundle, not yet in a registry, run so.

    Args:
        folder: of the bundle.
        tuning: how its model is to be run.
        how: on which frames that was measured, for people.
    """
    manifest = parse_manifest(folder)
    measured = {
        "frames": tuning.frames,
        "boxes": tuning.boxes,
        "expected_f1": round(tuning.expected_f1, 4),
        "invented": tuning.invented,
        "how": how,
    }
    write_manifest(
        folder,
        manifest.model_copy(
            update={
                "confidence": round(tuning.confidence, 4),
                "slot_confidence": round(tuning.slot_confidence, 4),
                "calibration": tuning.calibration,
                "measured": {**manifest.measured, "thresholds": measured},
            }
        ),
    )

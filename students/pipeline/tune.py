"""From what a bundle's model said of frames that it did not learn from to its calibration and its thresholds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.bundle import parse_manifest, write_manifest
from lotwise.cameras.detection.calibration import Calibration
from lotwise.datasets.frame import Detections
from lotwise.datasets.suppression import first_boxes
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.pipeline.calibrate import calibrate
from lotwise.students.pipeline.expected_f1 import Judged, choose_threshold
from lotwise.students.pipeline.inventions import raised_until_told


@dataclass(frozen=True)
class Tuning:
    """How a model is to be run on its camera.

    Attributes:
        calibration: of its raw scores; None where there were too few boxes.
        confidence: calibrated score from which a box is reported.
        slot_confidence: calibrated score from which a box makes a slot occupied: that of the raw score from which
            slots are usually read, or lower where boxes are reported from lower on or the teacher's slots say so.
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

    def reported(self, said: Detections) -> Detections:
        """The boxes that are reported of all that a model says, by its raw scores."""
        scores = self.calibration(said.scores) if self.calibration else said.scores
        return first_boxes(said[scores >= self.confidence])


def tune(judged: Judged, slots_from: float = DEFAULT_CONFIDENCE, of_nano: int | None = None) -> Tuning:
    """Calibrate a model and choose its thresholds, without labels.

    Args:
        judged: its raw boxes, of low score too, on frames that it did not learn from.
        slots_from: raw score from which its slots are read best, by the teacher's word.
        of_nano: how many of the untouched nano's boxes the teacher does not have at all, where a student's threshold
            is to be raised until it has hardly more of them.

    >>> nothing = tune(Judged(np.zeros(0), np.zeros(0), np.zeros(0, bool), 0.0, 0))
    >>> nothing.calibration, nothing.confidence, nothing.slot_confidence
    (None, 0.25, 0.25)
    """
    best = choose_threshold(judged)
    raw = best if of_nano is None else raised_until_told(judged, best, of_nano)
    calibration = calibrate(judged)
    # Where boxes under the usual score are false already, they would be so on slots that were occupied here too.
    slots_raw = DEFAULT_CONFIDENCE if best > DEFAULT_CONFIDENCE else min(best, slots_from)
    thresholds = np.array([raw, slots_raw], np.float32)
    confidence, slot_confidence = (calibration(thresholds) if calibration else thresholds).tolist()
    reported = int((judged.scores >= raw).sum())
    return Tuning(
        calibration, confidence, slot_confidence, judged.f1(raw), judged.inventions(raw), reported, judged.frames
    )


def untuned(judged: Judged, slots_from: float = DEFAULT_CONFIDENCE, of_nano: int | None = None) -> Tuning:
    """A model that runs as it comes: raw scores, boxes and slots from the usual score up, whatever would be best."""
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

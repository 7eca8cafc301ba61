"""Self-training: a second round in which the student's own word refines what is taught, guarded against drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.agreement import agreement
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.distillation.taught import consensus_settings
from lotwise.teacher.consensus import consensus_by_view
from lotwise.teacher.fuse import fuse
from lotwise.teacher.oracle import Oracle, OracleSettings

SURE_SCORE = 0.5
"""Score from which on the teacher's box surely is a vehicle: a student that no longer finds such ones drifts. The half
at which a detector calls a vehicle more likely than not; chosen, not tuned."""
FOUND_IOU = 0.5
"""IoU from which on the student's box is taken for the teacher's vehicle, as in mAP50."""
MAX_LOSS = 0.005
"""Share of the sure vehicles, and of the agreement, that a second round may lose: one vehicle in two hundred. Chosen,
not tuned."""


@dataclass(frozen=True)
class RoundScore:
    """How a round's student does on its training frames, judged without labels.

    Attributes:
        sure: share of the teacher's sure vehicles that it finds.
        agreement: F1 of its boxes with the taught ones.
        steadiness: F1 of its boxes with what consensus makes of them: 1 where no parked car flickers.
    """

    sure: float
    agreement: float
    steadiness: float


def predict(
    weights: Path, frames: Sequence[Frame], size: int, classes: tuple[str, ...], read: LoadFrame = load
) -> dict[str, Detections]:
    """All that a student, whose classes are of these names, says of frames, by frame name."""
    student = Oracle(weights, OracleSettings(scales=(size,), classes=classes, grid=0))
    return {frame.name: student.predict(read(frame)).detections for frame in frames}


def refine(
    taught: Mapping[str, Detections],
    predicted: Mapping[str, Detections],
    frames: Sequence[Frame],
    sizes: Mapping[str, tuple[int, int]],
    settings: DistillSettings,
    read: LoadFrame = load,
) -> dict[str, Detections]:
    """Targets of the second round: the boxes of both, fused per frame, then brought to consensus if that is wanted.

    A student learned ``score ** score_exponent``; its scores are taken back to the teacher's scale first.

    Args:
        taught: what the first round taught, by frame name.
        predicted: what its student says, by frame name.
        frames: of one camera, in order of time.
        sizes: (width, height) by frame name.
        settings: of the distillation.
        read: gives the pixels of a frame.
    """
    power = 1 / settings.score_exponent if settings.score_exponent else 1.0
    rescaled = {name: replace(found, scores=found.scores ** np.float32(power)) for name, found in predicted.items()}
    fused = {frame.name: fuse([taught[frame.name], rescaled[frame.name]]) for frame in frames}
    return with_consensus(fused, frames, sizes, settings, read) if settings.consensus else fused


def score_round(
    predicted: Mapping[str, Detections],
    taught: Mapping[str, Detections],
    teacher_detections: Mapping[str, Detections],
    frames: Sequence[Frame],
    sizes: Mapping[str, tuple[int, int]],
    settings: DistillSettings,
    read: LoadFrame = load,
) -> RoundScore:
    """Judge a student by what it says of the frames it learned from.

    Args:
        predicted: its detections, by frame name.
        taught: what the first round taught.
        teacher_detections: what the teacher said.
        frames: of one camera, in order of time.
        sizes: (width, height) by frame name.
        settings: of the distillation.
        read: gives the pixels of a frame.
    """
    own = {frame.name: predicted[frame.name][predicted[frame.name].scores >= DEFAULT_CONFIDENCE] for frame in frames}
    steady = with_consensus(own, frames, sizes, settings, read)
    sure = found = 0
    for frame in frames:
        said = teacher_detections[frame.name]
        vehicles = said[said.scores >= SURE_SCORE]
        sure += len(vehicles)
        found += int((iou(vehicles.boxes, own[frame.name].boxes).max(axis=1, initial=0) >= FOUND_IOU).sum())
    return RoundScore(
        sure=found / sure if sure else 1.0,
        agreement=agreement(
            (own[frame.name], taught[frame.name][taught[frame.name].scores >= settings.positive_threshold])
            for frame in frames
        ),
        steadiness=agreement((own[name], found[found.scores >= DEFAULT_CONFIDENCE]) for name, found in steady.items()),
    )


def with_consensus(
    said: Mapping[str, Detections],
    frames: Sequence[Frame],
    sizes: Mapping[str, tuple[int, int]],
    settings: DistillSettings,
    read: LoadFrame = load,
) -> dict[str, Detections]:
    """Consensus over frames in order of time; those of another size show another view and are never compared."""
    verdicts = consensus_by_view(frames, said, sizes, consensus_settings(settings), read)
    return {frame.name: verdicts[frame.name].detections for frame in frames}


def drifted(first: RoundScore, second: RoundScore) -> bool:
    """Whether a second round lost what the first one knew, or grew no steadier: its student is then dropped."""
    return (
        second.sure < first.sure - MAX_LOSS
        or second.agreement < first.agreement - MAX_LOSS
        or second.steadiness < first.steadiness
    )

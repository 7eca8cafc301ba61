"""A second round: the student's own word, beside the teacher's, refines what is taught; guarded against drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.bundle import CONFIDENCE
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import load
from lotwise.students.distillation.settings import DistillSettings
from lotwise.teacher.consensus import ConsensusSettings, consensus_by_view
from lotwise.teacher.fuse import fuse
from lotwise.teacher.oracle import Oracle, OracleSettings

SURE = 0.5
"""What the teacher scores this high is a vehicle: a student that loses sight of it drifts."""
SLACK = 0.005
"""Share of those that may be lost, and agreement that may be lost, before a round counts as drift."""


@dataclass(frozen=True)
class Standing:
    """How a student stands on its training frames, judged without labels.

    Attributes:
        sure: share of the teacher's sure vehicles that it finds.
        agreement: F1 of its boxes with the taught ones.
        steadiness: F1 of its boxes with what consensus makes of them: 1 where no parked car flickers.
    """

    sure: float
    agreement: float
    steadiness: float


def opinion(weights: Path, frames: Sequence[Frame], size: int, classes: tuple[str, ...]) -> dict[str, Detections]:
    """All that a student, whose classes are of these names, says of frames, by frame name."""
    student = Oracle(weights, OracleSettings(scales=(size,), classes=classes, grid=0))
    return {frame.name: student.look(load(frame)).detections for frame in frames}


def refine(
    taught: Mapping[str, Detections], said: Mapping[str, Detections], frames: Sequence[Frame], settings: DistillSettings
) -> dict[str, Detections]:
    """Targets of the second round: the boxes of both, fused per frame, then brought to consensus if that is wanted.

    A student learned ``score ** score_exponent``; its scores are taken back to the teacher's scale first.

    Args:
        taught: what the first round taught, by frame name.
        said: what its student says, by frame name.
        frames: of one camera, in order of time.
        settings: of the distillation.
    """
    power = 1 / settings.score_exponent if settings.score_exponent else 1.0
    told = {name: replace(found, scores=found.scores ** np.float32(power)) for name, found in said.items()}
    fused = {frame.name: fuse([taught[frame.name], told[frame.name]]) for frame in frames}
    return brought_together(fused, frames, settings) if settings.consensus else fused


def standing(
    said: Mapping[str, Detections],
    taught: Mapping[str, Detections],
    heard: Mapping[str, Detections],
    frames: Sequence[Frame],
    settings: DistillSettings,
) -> Standing:
    """Judge a student by what it says of the frames it learned from.

    Args:
        said: its detections, by frame name.
        taught: what the first round taught.
        heard: what the teacher said.
        frames: of one camera, in order of time.
        settings: of the distillation.
    """
    own = {frame.name: said[frame.name][said[frame.name].scores >= CONFIDENCE] for frame in frames}
    steady = brought_together(own, frames, settings)
    sure = found = 0
    for frame in frames:
        vehicles = heard[frame.name][heard[frame.name].scores >= SURE]
        sure += len(vehicles)
        found += int((iou(vehicles.boxes, own[frame.name].boxes).max(axis=1, initial=0) >= 0.5).sum())
    return Standing(
        sure=found / sure if sure else 1.0,
        agreement=agreement(
            (own[frame.name], taught[frame.name][taught[frame.name].scores >= settings.positive_threshold])
            for frame in frames
        ),
        steadiness=agreement((own[name], found[found.scores >= CONFIDENCE]) for name, found in steady.items()),
    )


def brought_together(
    said: Mapping[str, Detections], frames: Sequence[Frame], settings: DistillSettings
) -> dict[str, Detections]:
    """Consensus over frames in order of time; those of another size show another view and are never compared."""
    limits = ConsensusSettings(
        positive_threshold=settings.positive_threshold, ignore_threshold=settings.ignore_threshold
    )
    shapes = {frame.name: load(frame).shape for frame in frames}
    sizes = {name: (shape[1], shape[0]) for name, shape in shapes.items()}
    verdicts = consensus_by_view(frames, said, sizes, limits)
    return {frame.name: verdicts[frame.name].detections for frame in frames}


def drifted(first: Standing, second: Standing) -> bool:
    """Whether a second round lost what the first one knew, or grew no steadier: its student is then dropped."""
    return (
        second.sure < first.sure - SLACK
        or second.agreement < first.agreement - SLACK
        or second.steadiness < first.steadiness
    )

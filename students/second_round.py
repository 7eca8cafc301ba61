"""A second round: the student's own word, beside the teacher's, refines what is taught; guarded against drift."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from cameras.agreement import agreement
from datasets.boxes import iou
from datasets.frame import Detections, Frame, Image
from datasets.load import load
from students.settings import DistillSettings
from teacher.consensus import consensus
from teacher.fuse import fuse
from teacher.oracle import Oracle, OracleSettings

DEPLOYED = 0.25
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


def opinion(weights: Path, frames: Sequence[Frame], size: int) -> dict[str, Detections]:
    """All that a student says of frames, by frame name."""
    student = Oracle(weights, OracleSettings(scales=(size,), grid=0))
    return {frame.name: student.look(load(frame)).detections for frame in frames}


def refine(
    taught: Mapping[str, Detections], said: Mapping[str, Detections], frames: Sequence[Frame], settings: DistillSettings
) -> dict[str, Detections]:
    """Targets of the second round: the boxes of both, fused per frame, then brought to consensus over the frames.

    A student learned ``score ** sharpen``; its scores are taken back to the teacher's scale first.

    Args:
        taught: what the first round taught, by frame name.
        said: what its student says, by frame name.
        frames: of one camera, in order of time.
        settings: of the distillation.
    """
    power = 1 / settings.sharpen if settings.sharpen else 1.0
    fused = [
        fuse([taught[frame.name], replace(said[frame.name], scores=said[frame.name].scores ** np.float32(power))])
        for frame in frames
    ]
    verdicts = consensus(fused, (load(frame) for frame in frames), taken=[frame.taken for frame in frames])
    return {frame.name: verdict.detections for frame, verdict in zip(frames, verdicts, strict=True)}


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
    own = [said[frame.name][said[frame.name].scores >= DEPLOYED] for frame in frames]
    images: list[Image] = [load(frame) for frame in frames]
    settled = consensus(own, images, taken=[frame.taken for frame in frames])
    sure = found = 0
    for frame, boxes in zip(frames, own, strict=True):
        vehicles = heard[frame.name][heard[frame.name].scores >= SURE]
        sure += len(vehicles)
        found += int((iou(vehicles.boxes, boxes.boxes).max(axis=1, initial=0) >= 0.5).sum())
    return Standing(
        sure=found / sure if sure else 1.0,
        agreement=agreement(
            (boxes, taught[frame.name][taught[frame.name].scores >= settings.teach])
            for frame, boxes in zip(frames, own, strict=True)
        ),
        steadiness=agreement(
            (boxes, verdict.detections[verdict.detections.scores >= DEPLOYED])
            for boxes, verdict in zip(own, settled, strict=True)
        ),
    )


def drifted(first: Standing, second: Standing) -> bool:
    """Whether a second round lost what the first one knew, or grew no steadier: its student is then dropped."""
    return (
        second.sure < first.sure - SLACK
        or second.agreement < first.agreement - SLACK
        or second.steadiness < first.steadiness
    )

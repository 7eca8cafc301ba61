"""What is taught of each frame of a camera: the teacher's word, corrected by the camera's other frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.losses.targets import AS_SAID
from lotwise.teacher.consensus import ConsensusSettings, Verdict, camera_consensus, write_audit
from lotwise.teacher.store import KnowledgeStore

AUDIT = "consensus.jsonl"


def consensus_settings(settings: DistillSettings) -> ConsensusSettings:
    """Consensus by the thresholds of a distillation."""
    return ConsensusSettings(
        positive_threshold=settings.positive_threshold,
        ignore_threshold=settings.ignore_threshold,
        furniture=settings.furniture,
        untold=settings.untold,
    )


def taught_detections(
    frames: Sequence[Frame],
    keys: Mapping[str, str],
    store: KnowledgeStore,
    settings: DistillSettings,
    folder: Path | None = None,
    read: LoadFrame = load,
) -> dict[str, Detections]:
    """What is to be taught of each frame, by frame name.

    Where the settings ask for it, boxes for which nothing but the teacher's own score speaks are labelled ``AS_SAID``.

    Args:
        frames: of one camera, in order of time.
        keys: content key by frame name.
        store: what the teacher said.
        settings: of the distillation.
        folder: gets the audit of what was changed and why, ``consensus.jsonl``; nothing is written where None.
        read: gives the pixels of a frame.
    """
    if not settings.consensus:
        return {frame.name: store.get(keys[frame.name]).detections for frame in frames}
    verdicts = camera_consensus(frames, keys, store, consensus_settings(settings), read)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        write_audit(folder / AUDIT, verdicts)
    if settings.untold == "as said":
        return {name: _marked(verdict) for name, verdict in verdicts.items()}
    return {name: verdict.detections for name, verdict in verdicts.items()}


def _marked(verdict: Verdict) -> Detections:
    untold = np.array([finding.reason == "untold" for finding in verdict.findings], bool)
    found = verdict.detections
    return replace(found, labels=np.where(untold, AS_SAID, found.labels))

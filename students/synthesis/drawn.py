"""What is taught of a dream: what the teacher sees on it, and the vehicles that it was to show and did not quite."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections
from lotwise.students.synthesis.dreams import DreamSet
from lotwise.teacher.store import KnowledgeStore

SEEN_IOU = 0.5
"""IoU from which on a box of the teacher is taken for the vehicle that was drawn, as in mAP50."""


def dreams_taught(
    dreams: DreamSet, keys: Mapping[str, str], store: KnowledgeStore, threshold: float
) -> dict[str, Detections]:
    """What is taught of each dream, by the name of its frame, in pixels of the dream.

    Where a dream was to show a vehicle that the teacher does not see, it shows something like a vehicle. Left out, this
    would be taught as background, and the student would learn to see less than the nano does. So it is taught with the
    score that the teacher gives at its place of the camera.

    Args:
        dreams: pictures, and what each was to show.
        keys: content key by frame name.
        store: what the teacher says of them.
        threshold: score from which on a box of the teacher is a vehicle.
    """
    found = {}
    for frame, note in zip(dreams.frames, dreams.notes, strict=True):
        knowledge = store.get(keys[frame.name])
        said, size = knowledge.detections, np.array([*knowledge.size, *knowledge.size], np.float32)
        drawn = np.array(note.boxes, np.float32).reshape(-1, 4) * size
        unseen = iou(drawn, said.boxes[said.scores >= threshold]).max(1, initial=0) < SEEN_IOU
        found[frame.name] = Detections.of(
            np.concatenate([said.boxes, drawn[unseen]]),
            np.concatenate([said.scores, np.array(note.scores, np.float32)[unseen]]),
        )
    return found

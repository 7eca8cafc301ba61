"""Protocol `teacher`: for a site without any truth, what the teacher sees stands in for it."""

from __future__ import annotations

from lotwise.datasets.frame import VehicleTruth
from lotwise.eval.evidence import Evidence

UNSURE = 0.1
"""Share of its confidence above which the teacher may still have seen something."""


def teacher_truth(evidence: Evidence) -> dict[str, VehicleTruth]:
    """The teacher's detections as truth, by frame name, of the cameras it was run on.

    Those at or above its deployed confidence are vehicles. Those between that and a tenth of it are ignore
    regions: who sees a vehicle there is neither right nor wrong.
    """
    truth = {}
    for camera in evidence.cameras:
        if not evidence.covers("teacher", camera):
            continue
        confidence = evidence.confidence["teacher"][camera]
        for frame in evidence.frames:
            if frame.camera == camera:
                seen = evidence.predictions["teacher"][frame.name]
                seen = seen[seen.scores >= UNSURE * confidence]
                truth[frame.name] = VehicleTruth(seen.boxes, seen.scores < confidence)
    return truth

"""Protocol `teacher`: for a site without any truth, what the teacher sees stands in for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lotwise.datasets.frame import Detections, VehicleTruth
from lotwise.eval.column import BOX_COLUMNS, MAP50
from lotwise.eval.evidence import Evidence
from lotwise.eval.metrics.box_counts import BoxCounts
from lotwise.eval.protocols.protocol import JudgedFrame, Protocol, vehicles_in_words
from lotwise.eval.rows import Role, Row

UNSURE_SHARE = 0.1
"""Share of its deployed confidence from which the teacher may still have seen something. A choice, not measured:
at a confidence of 0.25 it is a score of 0.025, below which YOLO scores hardly anything but noise."""


@dataclass(frozen=True)
class TeacherFrame(JudgedFrame):
    """One frame with what the teacher sees on it, which is no truth."""

    def box_counts(self, detections: Detections, confidence: float) -> BoxCounts:
        """All boxes are unjudged: nobody knows which of them are right."""
        return BoxCounts(None, None, int((detections.scores >= confidence).sum()))


class Teacher(Protocol):
    """Detections of baseline and student against those of the teacher."""

    name = "teacher"
    title = "agreement with the teacher"
    columns = BOX_COLUMNS
    headline = MAP50
    headline_name = "mAP50"
    plain_field = "deployed_recall"
    plain_title = "How well the teacher is followed"
    plain_claim = "The student finds {} of the 100 vehicles that the teacher sees"
    absent_truth = "the teacher was not run here"
    caveats = (
        "This is agreement with the teacher, not accuracy: what both miss counts as right, "
        "and where the student is right against the teacher it counts as wrong.",
    )

    def has_truth(self, evidence: Evidence) -> bool:
        return "teacher" in evidence.roles

    def judged_frames(self, evidence: Evidence) -> Mapping[str, JudgedFrame]:
        """The teacher's detections as truth, of the cameras it was run on.

        Those at or above its deployed confidence are vehicles. Those between that and a tenth of it are ignore
        regions: who sees a vehicle there is neither right nor wrong.
        """
        judged = {}
        for camera in evidence.cameras:
            if not evidence.covers("teacher", camera):
                continue
            confidence = evidence.confidence["teacher"][camera]
            for frame in evidence.frames:
                if frame.camera == camera:
                    seen = evidence.predictions["teacher"][frame.name]
                    seen = seen[seen.scores >= UNSURE_SHARE * confidence]
                    judged[frame.name] = TeacherFrame(VehicleTruth(seen.boxes, seen.scores < confidence))
        return judged

    def in_words(self, row: Row) -> str:
        return vehicles_in_words(row, "vehicles that the teacher sees")

    def roles(self, evidence: Evidence) -> tuple[Role, ...]:
        return tuple(role for role in evidence.roles if role != "teacher")

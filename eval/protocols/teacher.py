"""Protocol `teacher`: for a site without any truth, what the teacher sees stands in for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lotwise.datasets.frame import Detections, VehicleTruth
from lotwise.datasets.suppression import first_boxes
from lotwise.eval.column import BOX_COUNTS, FRAMES, Column
from lotwise.eval.evidence import Evidence
from lotwise.eval.marks import BoxVerdicts, Mark, Verdict, box_marks
from lotwise.eval.metrics.box_counts import BoxCounts
from lotwise.eval.protocols.protocol import NOTHING_TO_MEASURE_BY, JudgedFrame, LegendEntry, Protocol, of_hundred
from lotwise.eval.rows import Role, Row

AGREEMENT = Column(
    "map50", "Agree-\nment", "more", 3, "mAP50: agreement with the teacher over all confidences; 1 is full agreement"
)
UNSURE_SHARE = 0.1
"""Share of its deployed confidence from which the teacher may still have seen something. A choice, not measured:
at a confidence of 0.25 it is a score of 0.025, below which YOLO scores hardly anything but noise."""


BY_TEACHER = BoxVerdicts(
    ("shared", "the teacher has this box too"),
    ("extra", "the teacher does not have this box, or has one where the model draws two"),
    ("lacking", "only the teacher has a box here"),
    "the teacher is unsure here: neither agreement nor disagreement counts",
)


@dataclass(frozen=True)
class TeacherFrame(JudgedFrame):
    """One frame with what the teacher sees on it, which is no truth."""

    def box_counts(self, detections: Detections, confidence: float) -> BoxCounts:
        """All boxes are unjudged: nobody knows which of them are right."""
        return BoxCounts(None, None, int((detections.scores >= confidence).sum()))

    def marks(self, detections: Detections, confidence: float, slot_confidence: float) -> tuple[Mark, ...]:
        return box_marks(first_boxes(detections[detections.scores >= confidence]), self.truth, BY_TEACHER)


class Teacher(Protocol):
    """Detections of baseline and student against those of the teacher."""

    name = "teacher"
    title = "agreement with the teacher"
    columns = (
        FRAMES,
        Column(
            "instances", "Teacher's\nboxes", None, 0, "what the teacher takes for vehicles in them; some may be none"
        ),
        Column(
            "precision", "Precision", "more", 3, "share of its boxes that the teacher has too, where both agree best"
        ),
        Column("recall", "Recall", "more", 3, "share of the teacher's boxes that it has too, where both agree best"),
        AGREEMENT,
        Column("map50_95", "mAP50-95", "more", 3, "the same, but boxes must also lie closely on each other"),
        Column("confidence", "at\nconf.", None, 2, "the confidence at which it agrees best with the teacher"),
        Column("deployed_confidence", "at work\nconf.", None, 2, "how sure it must be when it runs on the camera"),
        Column(
            "deployed_precision", "at work\nprec.", "more", 3, "share of its boxes that the teacher has too at work"
        ),
        Column("deployed_recall", "at work\nrecall", "more", 3, "share of the teacher's boxes that it has at work"),
    )
    headline = AGREEMENT
    headline_name = "mAP50 against the teacher"
    plain_field = "deployed_recall"
    plain_title = "How well the teacher is followed"
    plain_claim = "Checked by nobody: {model} has {share} of 100 boxes of the teacher"
    plain_doubt = "{share} of 100 boxes it draws are not the teacher's"
    legend = (
        LegendEntry("shared", False, "the teacher has this box too, with the model's score"),
        LegendEntry("extra", False, "the teacher does not have this box"),
        LegendEntry("lacking", False, "only the teacher has a box here"),
        LegendEntry("ignored", False, "does not count: the teacher is unsure here"),
    )
    tally: ClassVar[Mapping[Verdict, str]] = {
        "shared": "shared with the teacher",
        "extra": "not the teacher's",
        "lacking": "only the teacher's",
    }
    box_counts = (BOX_COUNTS[0], *BOX_COUNTS[-2:])
    better = "agrees more with the teacher than"
    less = "less"
    worst = "the one on which the live model and the teacher differ most"
    precision_axis = "precision: share of boxes that the teacher has too"
    recall_axis = "recall: share of the teacher's boxes"
    absent_truth = "the teacher was not run here"
    caveats = (
        "This is agreement with the teacher, not accuracy: nobody has looked at whether there are vehicles. What both "
        "take for a vehicle, or both miss, counts as agreement.",
    )

    def has_truth(self, evidence: Evidence) -> bool:
        return "teacher" in evidence.roles

    def judged_frames(self, evidence: Evidence) -> Mapping[str, JudgedFrame]:
        """The teacher's detections as truth, of the cameras it was run on.

        Those at or above its deployed confidence are vehicles. Those between that and a tenth of it are ignore
        regions: whether a model has a box there does not count.
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
        if row.deployed_recall is None:
            return NOTHING_TO_MEASURE_BY
        found = f"Of 100 boxes of the teacher it has {of_hundred(row.deployed_recall)}"
        if row.deployed_precision is None:
            return f"{found}; it draws no boxes at all."
        return f"{found}; of 100 boxes it draws, the teacher has {of_hundred(row.deployed_precision)} too."

    def roles(self, evidence: Evidence) -> tuple[Role, ...]:
        return tuple(role for role in evidence.roles if role != "teacher")

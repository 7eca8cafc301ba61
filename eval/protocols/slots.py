"""Protocol `slots`: labels of parking slots are the truth, as states and, for comparison, as boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lotwise.cameras.slots import SlotRule, slot_states
from lotwise.cameras.slots.half_covered import slot_boxes
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections, Slot, SlotState, VehicleTruth
from lotwise.datasets.suppression import first_boxes
from lotwise.eval.column import FRAMES, Column
from lotwise.eval.evidence import Evidence
from lotwise.eval.marks import Mark, Verdict, corners
from lotwise.eval.metrics.box_counts import BoxCounts
from lotwise.eval.metrics.slot_counts import SlotCounts, count_slots
from lotwise.eval.protocols.protocol import NOTHING_TO_MEASURE_BY, JudgedFrame, LegendEntry, Protocol, of_hundred
from lotwise.eval.rows import Role, Row

MIN_IOU_ON_SLOT = 0.1
"""A detection whose IoU with every labelled slot box is below this stands on no labelled slot. A choice: a car on a
neighbouring slot overlaps a slot's square patch by less, a car on the slot by far more."""

ACCURACY = Column("accuracy", "Accu-\nracy", "more", 3, "share of slots whose state it says rightly")


@dataclass(frozen=True)
class LabelledFrame(JudgedFrame):
    """One frame with labelled slots that have a place in the picture; its truth are the boxes of occupied ones.

    Attributes:
        slots: all slots of the camera; a rule may need the neighbours too.
        size: (width, height) in pixels.
        labels: ``free`` or ``occupied`` by slot id, at least one.
        rule: what turns detections into slot states.
    """

    slots: Sequence[Slot]
    size: tuple[int, int]
    labels: Mapping[str, SlotState]
    rule: SlotRule

    def counted(self, detections: Detections) -> Detections:
        """The detections that stand on a labelled slot: cars elsewhere are real but have no label."""
        labelled = [slot for slot in self.slots if slot.id in self.labels]
        overlap = iou(detections.boxes, slot_boxes(labelled, self.size))
        return detections[overlap.max(axis=1, initial=0) >= MIN_IOU_ON_SLOT]

    def box_counts(self, detections: Detections, confidence: float) -> BoxCounts:
        """Every detection at or above a confidence by the slot that it overlaps best.

        On an occupied slot it is right, on a free one false; on no slot, or on one without a label, it is unjudged. A
        slot is taken once, from the highest score down: a further box is right only if it reaches another occupied
        slot that is not taken yet, and else false. It need not fit the slot's square patch, as AP asks.
        """
        drawn = detections[detections.scores >= confidence]
        overlap = iou(drawn.boxes, slot_boxes(self.slots, self.size))
        labels = [self.labels.get(slot.id) for slot in self.slots]
        untaken = np.array([label == "occupied" for label in labels])
        right = false = 0
        for index in np.argsort(-drawn.scores, kind="stable"):
            best = int(overlap[index].argmax())
            if overlap[index, best] < MIN_IOU_ON_SLOT or labels[best] is None:
                continue
            if labels[best] == "occupied":
                best = best if untaken[best] else int(np.where(untaken, overlap[index], 0).argmax())
            if untaken[best] and overlap[index, best] >= MIN_IOU_ON_SLOT:
                untaken[best] = False
                right += 1
            else:
                false += 1
        return BoxCounts(right, false, len(drawn) - right - false)

    def slot_counts(self, detections: Detections, slot_confidence: float) -> SlotCounts:
        return count_slots(self.labels, self.rule(detections, self.slots, self.size, confidence=slot_confidence))

    def marks(self, detections: Detections, confidence: float, slot_confidence: float) -> tuple[Mark, ...]:
        """Labelled slots by verdict over the boxes that led to it; the errors last."""
        readings = self.rule(detections, self.slots, self.size, confidence=slot_confidence)
        seen = first_boxes(detections[detections.scores >= confidence])
        boxes = [
            Mark("seen", corners(box), "", f"box it drew (score {score:.2f}); on no labelled slot it is unjudged")
            for box, score in zip(seen.boxes, seen.scores, strict=True)
        ]
        marks = []
        for slot in self.slots:
            label = self.labels.get(slot.id)
            if label is None:
                continue
            state = readings[slot.id].state if slot.id in readings else "unknown"
            verdict: Verdict = "unsure" if state == "unknown" else "right" if state == label else "false"
            outline = (slot.polygon * np.array(self.size, np.float32)).astype(np.float32)
            title = f"slot {slot.id}: it says {state}, the label says {label}"
            marks.append(Mark(verdict, outline, slot.id, title, state == "occupied"))
        return (*boxes, *sorted(marks, key=lambda mark: mark.verdict != "right"))


class Slots(Protocol):
    """Slot states read from detections against the official labels of the slots."""

    name = "slots"
    title = "measured against slot labels"
    columns = (
        FRAMES,
        Column("slots", "Slots", None, 0, "labelled slots over all frames"),
        ACCURACY,
        Column("slot_precision", "Prec.", "more", 3, "share of slots called occupied that are"),
        Column("slot_recall", "Recall", "more", 3, "share of occupied slots called occupied"),
        Column("slot_f1", "F1", "more", 3, "precision and recall in one figure"),
        Column("count_error", "Count\nerror", "less", 2, "cars per frame by which the count is off"),
        Column("errors", "Wrong", "less", 0, "slots whose state it says wrongly"),
        Column("unknown", "Un-\nknown", "less", 0, "slots it says nothing about (counted as wrong)"),
        Column("precision", "Box\nprec.", "more", 3, "share of boxes on slots that fit an occupied one"),
        Column("recall", "Box\nrecall", "more", 3, "share of occupied slots that a box fits"),
        Column("map50", "Box\nmAP50", "more", 3, "quality against square slot patches"),
        Column("map50_95", "Box mAP\n50-95", "more", 3, "the same, but boxes must also fit tightly"),
    )
    headline = ACCURACY
    headline_name = "Slot accuracy"
    plain_field = "accuracy"
    plain_title = "How well slots are read"
    plain_claim = "{model} reads {share} of 100 slots rightly"
    plain_doubt = "nobody can judge {share} of 100 boxes it draws"
    legend = (
        LegendEntry("right", True, "right: called occupied, and it is (filled)"),
        LegendEntry("right", False, "right: called free, and it is"),
        LegendEntry("false", False, "wrong: says the opposite of the label (crossed out; filled if called occupied)"),
        LegendEntry("unsure", False, "no answer: the slot is called unknown"),
        LegendEntry("seen", False, "box it drew; one on no labelled slot is unjudged"),
    )
    tally: ClassVar[Mapping[Verdict, str]] = {"right": "right", "false": "wrong", "unsure": "unknown"}
    absent_truth = "no slot labels to measure by"
    caveats = (
        "The box columns hold detections against square slot patches, not vehicles: mAP is bounded by how "
        "the patches were drawn, mAP50-95 most of all. Detections on no labelled slot are left out of them.",
        "Boxes at work are counted by the slot that they lie on: right on an occupied one, false on a free one or as a "
        "second box of one car, unjudged on no labelled slot.",
    )

    def has_truth(self, evidence: Evidence) -> bool:
        return bool(self.judged_frames(evidence))

    def judged_frames(self, evidence: Evidence) -> Mapping[str, LabelledFrame]:
        """The frames with at least one labelled slot. Unlabelled slots do not count."""
        judged = {}
        for frame in evidence.frames:
            slots = evidence.slots.get(frame.camera, ())
            truth = evidence.truth.get(frame.name)
            known = (truth.slots if truth else None) or {}
            labels = {slot.id: known[slot.id] for slot in slots if known.get(slot.id, "unknown") != "unknown"}
            if labels:
                size = evidence.sizes[frame.name]
                occupied = slot_boxes([slot for slot in slots if labels.get(slot.id) == "occupied"], size)
                judged[frame.name] = LabelledFrame(
                    VehicleTruth(occupied, np.zeros(len(occupied), bool)),
                    slots, size, labels, evidence.slot_rules.get(frame.camera, slot_states),
                )  # fmt: skip
        return judged

    def doubt(self, row: Row) -> float | None:
        return row.share_unjudged

    def in_words(self, row: Row) -> str:
        if row.accuracy is None or row.count_error is None:
            return NOTHING_TO_MEASURE_BY
        off = f"its count of cars is off by {row.count_error:.1f} per picture"
        return f"Of 100 slots it says {of_hundred(row.accuracy)} rightly; {off}."

    def notes(self, evidence: Evidence) -> tuple[str, ...]:
        return (evidence.slot_rule_note, *self.caveats) if evidence.slot_rule_note else self.caveats

    def empty_row(self, role: Role, camera: str, note: str) -> Row:
        return Row(role, camera, slots=0, note=note)

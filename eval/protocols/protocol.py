"""What an evaluation protocol is: its truth, its columns, and every word that a report says of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from lotwise.datasets.frame import Detections, VehicleTruth
from lotwise.datasets.suppression import first_boxes
from lotwise.eval.column import BOX_COUNTS, Column
from lotwise.eval.evidence import Evidence
from lotwise.eval.marks import Mark, Verdict, box_marks
from lotwise.eval.metrics.box_counts import BoxCounts, count_boxes
from lotwise.eval.metrics.matching import match
from lotwise.eval.metrics.slot_counts import SlotCounts
from lotwise.eval.rows import Role, Row

NOTHING_TO_MEASURE_BY = "Nothing to measure it by."


@dataclass(frozen=True)
class JudgedFrame:
    """One frame with what its detections are judged by. Boxes are in pixels of the original frame.

    Attributes:
        truth: the boxes to be found.
    """

    truth: VehicleTruth

    def counted(self, detections: Detections) -> Detections:
        """Those of the detections that can be right or wrong by this truth."""
        return detections

    def box_counts(self, detections: Detections, confidence: float) -> BoxCounts:
        """Every detection at or above a confidence, as right, false, or one of which this truth says nothing."""
        drawn = detections[detections.scores >= confidence]
        return count_boxes(len(drawn), match(self.counted(drawn), self.truth))

    def slot_counts(self, detections: Detections, slot_confidence: float) -> SlotCounts | None:
        """Slots rightly and wrongly read from detections from a score up; None where none are measured."""
        return None

    def marks(self, detections: Detections, confidence: float, slot_confidence: float) -> tuple[Mark, ...]:
        """What to draw of detections at a confidence, and of slots read from a score up, in drawing order."""
        return box_marks(first_boxes(detections[detections.scores >= confidence]), self.truth)


@dataclass(frozen=True)
class LegendEntry:
    """One kind of mark in the legend of the pictures.

    Attributes:
        verdict: which marks are meant.
        solid: whether the filled ones of them are.
        meaning: in plain words.
    """

    verdict: Verdict
    solid: bool
    meaning: str


BOX_LEGEND = (
    LegendEntry("right", False, "right: a vehicle it found, with its score"),
    LegendEntry("false", False, "false: no vehicle, or one found twice (crossed out)"),
    LegendEntry("missed", False, "missed: a vehicle it did not find"),
    LegendEntry("ignored", False, "does not count: nobody has labelled this region"),
)


class Protocol(ABC):
    """One way to measure. A protocol is stateless: one instance each stands in ``PROTOCOLS``.

    Attributes:
        name: as ``--protocol`` and the report's JSON have it.
        title: completes "protocol X: …".
        columns: of the table.
        headline: the figure by which models are compared in a sentence.
        headline_name: of that figure in the sentence.
        plain_field: of ``Row``, the share that the page's title tells as "N of 100".
        plain_title: the page's title where that share is not known.
        plain_claim: the page's title, with places for the model and for N.
        plain_doubt: how the title goes on, with a place for how many of 100 boxes at work are not known to be right.
        legend: of the pictures.
        tally: what marks are called when they are counted under a picture, by verdict; others are not counted.
        box_counts: columns of the table of every box at work.
        better, less: how a model that does better is compared with another, and the word for one that does not.
        worst: which of a camera's frames is shown, as half a sentence.
        precision_axis, recall_axis: of the chart of both.
        absent_truth: why a camera has no figures.
        caveats: what a reader must know of every report by this protocol, a sentence each.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    headline: ClassVar[Column]
    headline_name: ClassVar[str]
    plain_field: ClassVar[str]
    plain_title: ClassVar[str]
    plain_claim: ClassVar[str]
    plain_doubt: ClassVar[str] = "{share} of 100 boxes it draws are wrong"
    legend: ClassVar[tuple[LegendEntry, ...]] = BOX_LEGEND
    tally: ClassVar[Mapping[Verdict, str]] = {"right": "right", "false": "false", "missed": "missed"}
    box_counts: ClassVar[tuple[Column, ...]] = BOX_COUNTS
    better: ClassVar[str] = "is better than"
    less: ClassVar[str] = "worse"
    worst: ClassVar[str] = "the one on which the live model errs most"
    precision_axis: ClassVar[str] = "precision: share of boxes right"
    recall_axis: ClassVar[str] = "recall: share found"
    absent_truth: ClassVar[str]
    caveats: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def has_truth(self, evidence: Evidence) -> bool:
        """Whether any frame can be judged; of the protocols that can, the first measures where none is named."""

    @abstractmethod
    def judged_frames(self, evidence: Evidence) -> Mapping[str, JudgedFrame]:
        """By frame name, the frames that can be judged. A frame may hold nothing to be found."""

    @abstractmethod
    def in_words(self, row: Row) -> str:
        """What the figures of a row at its deployed confidence mean, in a sentence without jargon."""

    def doubt(self, row: Row) -> float | None:
        """Share of the boxes at work that are not known to be right, which no title may leave out."""
        return None if row.deployed_precision is None else 1 - row.deployed_precision

    def notes(self, evidence: Evidence) -> tuple[str, ...]:
        """The caveats, and what is to be said of this evidence."""
        return self.caveats

    def roles(self, evidence: Evidence) -> tuple[Role, ...]:
        """The roles that get rows."""
        return evidence.roles

    def empty_row(self, role: Role, camera: str, note: str) -> Row:
        """The row of a role that could not be measured on a camera."""
        return Row(role, camera, note=note)


def of_hundred(share: float) -> str:
    """A share in 0..1 as how many of a hundred; 99.6 must not read as all of them, nor 0.4 as none.

    >>> of_hundred(0.876), of_hundred(0.996), of_hundred(0.99), of_hundred(1.0), of_hundred(0.004)
    ('88', '99.6', '99', '100', '0.4')
    """
    hundredths = share * 100
    text = f"{hundredths:.1f}" if 0 < hundredths < 1 or 99 < hundredths < 100 else f"{hundredths:.0f}"
    if text == "0.0":
        return "less than 0.1"
    if text == "100.0":
        return "more than 99.9"
    return text.removesuffix(".0")

"""Protocol `vehicles`: vehicle boxes that somebody drew are the truth."""

from __future__ import annotations

from collections.abc import Mapping

from lotwise.eval.column import BOX_COLUMNS, MAP50
from lotwise.eval.evidence import Evidence
from lotwise.eval.protocols.protocol import NOTHING_TO_MEASURE_BY, JudgedFrame, Protocol, of_hundred
from lotwise.eval.rows import Row


class Vehicles(Protocol):
    """Detections against the vehicle boxes of a dataset."""

    name = "vehicles"
    title = "measured against vehicle boxes"
    columns = BOX_COLUMNS
    headline = MAP50
    headline_name = "mAP50"
    plain_field = "deployed_recall"
    plain_title = "How well vehicles are found"
    plain_claim = "{model} finds {share} of 100 vehicles"
    absent_truth = "no vehicle boxes to measure by"

    def has_truth(self, evidence: Evidence) -> bool:
        return bool(self.judged_frames(evidence))

    def judged_frames(self, evidence: Evidence) -> Mapping[str, JudgedFrame]:
        truths = {frame.name: evidence.truth.get(frame.name) for frame in evidence.frames}
        return {
            name: JudgedFrame(truth.vehicles) for name, truth in truths.items() if truth and truth.vehicles is not None
        }

    def in_words(self, row: Row) -> str:
        if row.deployed_recall is None:
            return NOTHING_TO_MEASURE_BY
        found = f"Of 100 vehicles it finds {of_hundred(row.deployed_recall)}"
        if row.deployed_precision is None:
            return f"{found}; it draws no boxes at all."
        return f"{found}; of 100 boxes it draws, {of_hundred(1 - row.deployed_precision)} are wrong."

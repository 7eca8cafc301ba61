"""The report tells of what never came or went, and of what the frames could not tell."""

import re
from pathlib import Path

import pytest

from lotwise.eval.furniture import furniture_notes
from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.pipeline.run import Run


@pytest.mark.parametrize(
    ("counts", "said"),
    [
        ({"kept": 9, "furniture": 0, "untold": 0}, []),
        ({"furniture": 1, "untold": 0}, ["C1: 1 box of the teacher on things that never come or go.* was taught as"]),
        (
            {"furniture": 12, "untold": 3},
            ["12 boxes .* were taught as background", "3 boxes .* frames cannot tell"],
        ),
        ({"untold": 1}, ["C1: 1 box of the teacher may be of a car that did not move or of a thing that never does"]),
        (None, []),  # a run of an earlier version
    ],
)
def test_what_is_said(adapted: Path, counts, said) -> None:
    record = Run(adapted).record("C1")
    assert record is not None
    training = {key: value for key, value in record.training.items() if key != "consensus"}
    record = record.model_copy(update={"training": training | ({} if counts is None else {"consensus": counts})})
    notes = furniture_notes({"C1": record})
    assert len(notes) == len(said)
    for note, pattern in zip(notes, said, strict=True):
        assert re.search(pattern, note)


def test_cameras_are_told_together(adapted: Path) -> None:
    record = Run(adapted).record("C1")
    assert record is not None

    def counting(untold: int) -> CameraRecord:
        return record.model_copy(update={"training": record.training | {"consensus": {"untold": untold}}})

    (note,) = furniture_notes({"C1": counting(26), "C2": counting(0), "C4": counting(10)})
    assert note.startswith("C1 26, C4 10 boxes of the teacher may be of cars")


def test_a_run_counts_what_its_consensus_did(adapted: Path) -> None:
    record = Run(adapted).record("C1")
    assert record is not None
    audit = (Run(adapted).camera("C1") / "train" / "consensus.jsonl").read_text().splitlines()
    assert sum(record.training["consensus"].values()) == len(audit) > 0

"""Slots that are only proposed: in the file, but no slots before a person accepts them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lotwise.cameras.site.frames import site_dataset
from lotwise.cameras.site.slot_acceptance import accept_all, accept_slots
from lotwise.cameras.site.slot_file import read_slot_entries, read_slot_file, write_slot_entries
from lotwise.datasets.errors import InputError
from tests.cameras.site.lots import SLOT

EVIDENCE = {"frames": 4, "stays": 2, "days": 1, "score": 0.75}


def corners(number: int) -> list[list[float]]:
    return [[number / 10, 0.1], [number / 10 + 0.0625, 0.1], [number / 10 + 0.0625, 0.3]]


STATUSES = ("proposed", "inferred", "seen once", "in the way", "never empty", "rejected")
ENTRIES = [
    SLOT,
    {"id": "A1", "polygon": corners(2), "status": "proposed", "row": "A", "evidence": EVIDENCE},
    *(
        {"id": one.split()[-1][:2], "polygon": corners(3 + place), "status": one}
        for place, one in enumerate(STATUSES[1:])
    ),
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "slots.json").write_text(json.dumps(ENTRIES))
    return tmp_path / "slots.json"


def test_only_accepted_entries_are_slots(file: Path) -> None:
    assert [slot.id for slot in read_slot_file(file)] == ["1"]
    assert [entry.status for entry in read_slot_entries(file)] == ["accepted", *STATUSES]


def test_entries_are_written_as_they_were_read(file: Path, tmp_path: Path) -> None:
    entries = read_slot_entries(file)
    write_slot_entries(tmp_path / "again.json", entries)
    assert read_slot_entries(tmp_path / "again.json") == entries
    written = json.loads((tmp_path / "again.json").read_text())
    assert written[0] == SLOT  # an accepted slot carries no new keys
    assert written[1]["evidence"] == EVIDENCE


def test_all_proposals_are_accepted_but_not_what_is_only_shown(file: Path) -> None:
    after = accept_all(read_slot_entries(file))
    assert [entry.status for entry in after] == ["accepted", "accepted", "accepted", *STATUSES[2:]]
    assert after[1].evidence is not None  # what spoke for it stays


def test_whatever_is_named_is_accepted(file: Path) -> None:
    after = accept_slots(read_slot_entries(file), ["on", "re"], file)
    assert [entry.id for entry in after if entry.status == "accepted"] == ["1", "on", "re"]
    with pytest.raises(InputError, match=r"slots\.json: no slot A2; it has 1, A1, in, on, wa, em, re$"):
        accept_slots(read_slot_entries(file), ["A1", "A2"], file)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "maybe"}, "entry 2.status"),
        ({"evidence": {"frames": -1}}, "entry 2.evidence.frames"),
        ({"evidence": {"score": 1.5}}, "entry 2.evidence.score"),
        ({"rwo": "A"}, "did you mean row"),
        ({"polygon": [[100, 75], [200, 75], [200, 150]]}, "in pixels or percent"),  # proposals are checked too
        ({"id": "1"}, "is there twice"),
    ],
)
def test_broken_entries_are_told(file: Path, change: dict[str, object], why: str) -> None:
    file.write_text(json.dumps([SLOT, ENTRIES[1] | change]))
    with pytest.raises(InputError, match=why):
        read_slot_file(file)


def test_a_training_leaves_proposals_out_and_says_so(lot: Path) -> None:
    (lot / "slots.json").write_text(json.dumps(ENTRIES))
    dataset = site_dataset(lot / "site.yaml")
    assert [slot.id for slot in dataset.slots["gate"]] == ["1"]
    assert dataset.notes[0] == (
        f"camera gate: {lot / 'slots.json'}: 2 proposed slots count as not there until a person accepts; "
        "see lotwise slots accept"
    )
    (lot / "slots.json").write_text(json.dumps(ENTRIES[1:]))
    assert site_dataset(lot / "site.yaml").slots["gate"] == ()

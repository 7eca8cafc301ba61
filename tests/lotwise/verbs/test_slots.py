"""Slot files of other projects."""

import json
from pathlib import Path

import pytest

from lotwise.cameras.site.slot_file import read_slot_file
from tests.cameras.bundles import SLOTS
from tests.lotwise.running import run


def test_slots_of_another_project_are_converted(tmp_path: Path, capsys) -> None:
    source = tmp_path / "camera1.csv"
    source.write_text("SlotId,X,Y,W,H\n184,0,0,259,194\n185,1296,972,1296,972\n")
    assert run("slots", "convert", source, "--out", tmp_path / "slots.json") == 0
    assert capsys.readouterr().out == f"2 slots: {tmp_path / 'slots.json'}\n"
    found = read_slot_file(tmp_path / "slots.json")
    assert [slot.id for slot in found] == ["184", "185"]
    assert found[1].polygon.max(axis=0).tolist() == [1.0, 1.0]
    (tmp_path / "ours.json").write_text(json.dumps(SLOTS))
    assert run("slots", "convert", tmp_path / "ours.json", "--out", tmp_path / "again.json") == 0
    assert [slot.id for slot in read_slot_file(tmp_path / "again.json")] == ["1", "2"]


PROPOSED = [slot | {"status": "proposed"} for slot in SLOTS]


def test_proposals_become_slots_by_a_person_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "slots.json"
    file.write_text(json.dumps(PROPOSED))
    assert run("slots", "convert", file, "--out", tmp_path / "converted.json") == 0
    said = capsys.readouterr()
    assert said.out.startswith("0 slots") and "2 proposed slots count as not there" in said.err
    assert run("slots", "accept", file, "1") == 0
    assert capsys.readouterr().out == f"1 slots accepted, 1 proposals wait: {file}\n"
    assert run("slots", "accept", file, "--all") == 0
    assert [slot.id for slot in read_slot_file(file)] == ["1", "2"]
    assert run("slots", "accept", file, "--all") == 0
    assert capsys.readouterr().out.endswith(f"0 slots accepted, 0 proposals wait: {file}\n")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ([], "give either ids of slots to accept, or --all"),
        (["1", "--all"], "give either ids of slots to accept, or --all"),
        (["7"], "no slot 7; it has 1, 2"),
    ],
)
def test_what_cannot_be_accepted_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: list[str], why: str
) -> None:
    file = tmp_path / "slots.json"
    file.write_text(json.dumps(PROPOSED))
    assert run("slots", "accept", file, *more) == 2
    assert why in capsys.readouterr().err
    assert json.loads(file.read_text()) == PROPOSED

"""Slot files of other projects."""

import json
from pathlib import Path

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

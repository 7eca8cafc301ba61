"""A real node whose cameras see the same places: from the command line to its history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lotwise.running import run
from tests.node.sites import history, write_site


@pytest.mark.parametrize("shared", [True, {"A": {"C1": "1", "C2": "1"}, "B": {"C1": "2", "C2": "2"}}])
def test_a_lot_that_two_cameras_see_is_counted_once(tmp_path: Path, shared: object, capsys) -> None:
    path = write_site(tmp_path, cameras=2, shared_slots=shared)
    names = ["1", "2"] if shared is True else ["A", "B"]
    assert run("run", path, "--check") == 0
    assert "shared slots: 2 places of C1 and C2" in capsys.readouterr().out
    assert run("run", path, "--json", tmp_path / "now.json") == 0
    now = json.loads((tmp_path / "now.json").read_text())
    assert {name: place["slots"] for name, place in now["places"].items()} == {
        name: {"C1": slot, "C2": slot} for name, slot in zip(names, ("1", "2"), strict=True)
    }
    assert now["counts"] == {"free": 1, "occupied": 1, "unknown": 0}
    told = history(path, "SELECT camera, name, after FROM events WHERE subject = 'slot' AND after != 'unknown'")
    assert sorted(told) == [("", names[0], "occupied"), ("", names[1], "free")]
    seen = history(path, "SELECT DISTINCT camera, name FROM events WHERE subject = 'sighting'")
    assert sorted(seen) == [("C1", "1"), ("C1", "2"), ("C2", "1"), ("C2", "2")]
    assert (tmp_path / "state" / "agreement.json").is_file()
    capsys.readouterr()
    assert run("history", path, "--from", "2000-01-01", "--json", tmp_path / "past.json") == 0
    assert "several" in capsys.readouterr().out
    past = json.loads((tmp_path / "past.json").read_text())
    assert [row["camera"] for row in past["cameras"]] == [""]
    assert {stay["slot"] for stay in past["stays"]} == {names[0]}
    assert run("history", path, "--from", "2000-01-01", "--camera", "C2", "--json", tmp_path / "past.json") == 0
    assert [row["camera"] for row in json.loads((tmp_path / "past.json").read_text())["cameras"]] == ["C2"]


def test_places_that_are_shared_no_more_end(tmp_path: Path) -> None:
    path = write_site(tmp_path, cameras=2, shared_slots=True)
    assert run("run", path) == 0
    path.write_text(path.read_text().replace("shared_slots: true", "shared_slots: false"))
    assert run("run", path) == 0
    assert history(path, "SELECT count(*) FROM slots WHERE camera = ''") == [(0,)]
    assert {camera for (camera,) in history(path, "SELECT DISTINCT camera FROM slots")} == {"C1", "C2"}

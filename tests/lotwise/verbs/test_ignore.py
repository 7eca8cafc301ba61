"""``lotwise ignore``: the list, and what changes it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from lotwise.cameras.ignore.staying import StayingBoxes
from lotwise.datasets.frame import Detections
from tests.lotwise.running import refused, run

START = datetime(2026, 3, 4, 6, tzinfo=UTC)


@pytest.fixture
def lot(tmp_path: Path) -> Path:
    """A site of two cameras; in the view of the yard a thing has stayed for fifteen hours."""
    path = tmp_path / "site.yaml"
    path.write_text(yaml.safe_dump({"name": "lot", "cameras": {"gate": {"source": "g"}, "yard": {"source": "y"}}}))
    stay = StayingBoxes(tmp_path / "state" / "staying" / "yard.json")
    for half in range(31):
        stay.look(Detections.of([[0.5, 0.5, 0.6, 0.6]], [0.4]), 0.25, START + timedelta(minutes=30 * half))
    stay.save()
    return path


def listed(path: Path, *options: object) -> list[dict]:
    assert run("ignore", path, "--json", path.parent / "list.json", *options) == 0
    return list(json.loads((path.parent / "list.json").read_text()))


def test_things_are_listed_added_and_taken_back(lot: Path, capsys) -> None:
    gate, yard = listed(lot)
    assert (gate["camera"], gate["ignore_regions"], gate["staying"]) == ("gate", [], [])
    assert yard["staying"][0]["seen"] == 31
    assert "31 of 31 frames" in capsys.readouterr().out
    assert run("ignore", lot, "--camera", "yard", "--stays", 1, "--note", "container") == 0
    assert run("ignore", lot, "--camera", "gate", "--add", "0.1,0.2,0.3,0.4") == 0
    gate, yard = listed(lot)
    assert [one["box"] for one in gate["ignore_regions"]] == [[0.1, 0.2, 0.3, 0.4]]
    (region,) = yard["ignore_regions"]
    assert (region["box"], region["note"], yard["staying"]) == ([0.5, 0.5, 0.6, 0.6], "container", [])
    assert "container" in capsys.readouterr().out
    assert [one["camera"] for one in listed(lot, "--camera", "yard")] == ["yard"]
    assert run("ignore", lot, "--camera", "yard", "--remove", region["id"]) == 0
    (_, yard) = listed(lot)
    assert (yard["ignore_regions"], len(yard["staying"])) == ([], 1)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["--add", "0,0,1,1"], "--add: give --camera, one of gate, yard"),
        (["--camera", "yard", "--add", "1,2"], "box: not four numbers"),
        (["--camera", "yard", "--add", "100,200,300,400"], "lies outside of the frame"),
        (["--camera", "yard", "--stays", "2"], "--stays 2: no such box stays in the view of yard; there are 1 to 1"),
        (["--camera", "gate", "--stays", "1"], "there are none"),
        (["--camera", "gate", "--remove", "0a"], "no ignore region 0a; there are none"),
        (["--camera", "gate", "--remove", "0a", "--add", "0,0,1,1"], "give one of them"),
        (["--camera", "roof"], "no camera roof"),
    ],
)
def test_what_cannot_be_done_is_one_line(lot: Path, capsys, options: list[str], why: str) -> None:
    assert why in refused(capsys, "ignore", lot, *options)

"""``lotwise sent``: the ledger of a node, for people."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from lotwise.node.hub.ledger import LEDGER, Ledger, OutgoingFrame
from tests.lotwise.running import refused, run

HUB = {"url": "https://hub.example.org", "frames": {"allow": True, "mb_a_day": 20}}


def site(folder: Path, hub: object = HUB) -> Path:
    path = folder / "site.yaml"
    cameras = {"gate": {"source": "g"}, "yard": {"source": "y"}}
    path.write_text(yaml.safe_dump({"name": "lot", "cameras": cameras} | ({"hub": hub} if hub else {})))
    return path


@pytest.fixture
def lot(tmp_path: Path) -> Path:
    ledger = Ledger(tmp_path / "state" / "hub" / LEDGER)
    for number, camera in enumerate(("gate", "yard", "yard")):
        frame = OutgoingFrame(
            camera, f"{number}.jpg", datetime(2026, 3, 4, tzinfo=UTC), ("new light",), str(number) * 64, 1_000_000
        )
        entry = ledger.begin(frame, datetime.now().date() if number else date(2026, 3, 4))
        ledger.end(entry, *(("cut", "it does not answer") if number == 2 else ("sent",)))
    ledger.close()
    return site(tmp_path)


def test_each_frame_that_left_is_listed(lot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sent", lot, "--json", tmp_path / "sent.json") == 0
    said = capsys.readouterr().out
    assert "2 frames sent, 3.0 MB in all; today 2.0 of 20 MB" in said
    assert "new light (it does not answer)" in said
    told = json.loads((tmp_path / "sent.json").read_text())
    assert [(one["camera"], one["file"], one["state"]) for one in told] == [
        ("gate", "0.jpg", "sent"),
        ("yard", "1.jpg", "sent"),
        ("yard", "2.jpg", "cut"),
    ]
    assert run("sent", lot, "--camera", "gate", "--since", "2026-03-05") == 0
    assert "0 frames sent" in capsys.readouterr().out


def test_without_a_hub_there_is_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sent", site(tmp_path, None)) == 0
    assert capsys.readouterr().out == "0 frames sent, 0.0 MB in all; the site file names no hub\n"
    assert run("sent", site(tmp_path, {"url": "https://h"})) == 0
    assert "none may leave now" in capsys.readouterr().out


def test_what_is_wrong_is_one_line(lot: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--since yesterday: no day; give it as YYYY-MM-DD" in refused(capsys, "sent", lot, "--since", "yesterday")
    assert "roof" in refused(capsys, "sent", lot, "--camera", "roof")

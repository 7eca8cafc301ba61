"""Each frame that left is listed, whenever the node was killed, and the day's bytes count it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.node.hub.ledger import Ledger, OutgoingFrame, read_ledger
from tests.conftest import ROOT
from tests.node.nodes import NOON

DAY, NEXT = date(2026, 3, 4), date(2026, 3, 5)


def frame(name: str = "1.jpg", size: int = 1000, camera: str = "C1", digest: str = "a" * 64) -> OutgoingFrame:
    return OutgoingFrame(camera, name, NOON, ("new light", "low accuracy"), digest, size)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "hub" / "sent.sqlite")


def test_what_left_is_listed_and_not_sent_again(ledger: Ledger, tmp_path: Path) -> None:
    number = ledger.begin(frame(), DAY)
    assert not ledger.done("C1", "1.jpg")
    ledger.end(number, "sent")
    assert ledger.done("C1", "1.jpg") and not ledger.done("C2", "1.jpg") and not ledger.done("C1", "2.jpg")
    assert ledger.done("C1", "renamed.jpg", "a" * 64)
    assert (ledger.sent_bytes(DAY), ledger.sent_bytes(NEXT)) == (1000, 0)
    (entry,) = read_ledger(tmp_path / "hub" / "sent.sqlite")
    assert (entry.frame, entry.state, entry.day) == (frame(), "sent", DAY)
    assert entry.as_json()["why"] == ["new light", "low accuracy"]


def test_one_that_broke_off_counts_and_may_go_again(ledger: Ledger) -> None:
    ledger.end(ledger.begin(frame(), DAY), "cut", "the connection broke off")
    assert not ledger.done("C1", "1.jpg") and ledger.cuts("C1", "1.jpg") == 1
    ledger.begin(frame(), DAY)
    assert ledger.sent_bytes(DAY) == 2000  # both may have left


def test_one_that_the_hub_has_already_costs_nothing(ledger: Ledger, tmp_path: Path) -> None:
    ledger.known(frame(), DAY)
    ledger.end(ledger.begin(frame("2.jpg", digest="b" * 64), DAY), "cut")
    ledger.known(frame("2.jpg", digest="b" * 64), DAY)  # it had arrived, and the answer had not
    ledger.refuse(frame("3.jpg"), DAY, "no whole picture")
    assert ledger.sent_bytes(DAY) == 1000
    assert all(ledger.done("C1", f"{number}.jpg") for number in (1, 2, 3))
    states = [(one.state, one.said) for one in read_ledger(tmp_path / "hub" / "sent.sqlite")]
    assert states == [("known", ""), ("sent", "it had arrived"), ("failed", "no whole picture")]


def test_a_kill_in_the_middle_of_a_frame_leaves_it_in_the_ledger(tmp_path: Path) -> None:
    code = (
        "import os, sys; from datetime import date; from pathlib import Path\n"
        "from tests.node.hub.test_ledger import DAY, frame\n"
        "from lotwise.node.hub.ledger import Ledger\n"
        "Ledger(Path(sys.argv[1])).begin(frame(), DAY); os.kill(os.getpid(), 9)"
    )
    path = tmp_path / "sent.sqlite"
    ended = subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, env=os.environ, timeout=120)
    assert ended.returncode == -9
    assert [one.state for one in read_ledger(path)] == ["sending"]
    ledger = Ledger(path)
    assert ledger.sent_bytes(DAY) == 1000 and not ledger.done("C1", "1.jpg")
    assert [(one.state, one.said) for one in read_ledger(path)] == [("cut", "the node ended")]


def test_bytes_that_came(ledger: Ledger) -> None:
    assert (ledger.received(DAY), ledger.received(DAY, 10), ledger.received(DAY, 5), ledger.received(NEXT)) == (
        0,
        10,
        15,
        0,
    )


def test_it_is_read_by_camera_and_day(ledger: Ledger, tmp_path: Path) -> None:
    ledger.end(ledger.begin(frame(), DAY), "sent")
    ledger.end(ledger.begin(frame("2.jpg", camera="C2"), NEXT), "sent")
    path = tmp_path / "hub" / "sent.sqlite"
    assert [one.frame.camera for one in read_ledger(path)] == ["C1", "C2"]
    assert [one.frame.camera for one in read_ledger(path, "C2")] == ["C2"]
    assert [one.frame.camera for one in read_ledger(path, since=NEXT)] == ["C2"]
    assert read_ledger(tmp_path / "none.sqlite") == []


def test_a_ledger_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    path = tmp_path / "sent.sqlite"
    path.write_text("not a database, but long enough to be looked at as one" * 40)
    with pytest.raises(InputError, match="ledger of frames sent cannot be kept"):
        Ledger(path)
    with pytest.raises(InputError, match="the ledger cannot be read"):
        read_ledger(path)
    newer = tmp_path / "newer.sqlite"
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 99")
    for opened in (Ledger, read_ledger):
        with pytest.raises(InputError, match="newer version of lotwise; update lotwise"):
            opened(newer)

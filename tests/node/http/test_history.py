"""The page of the past, its figures as JSON and stays as CSV, over real connections; bays and stays in the present."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.cameras.site.api import ApiSettings
from lotwise.cameras.site.settings import Site
from lotwise.cameras.slots.state import SlotNow
from lotwise.node.bay_now import BayNow
from lotwise.node.http.server import ApiServer
from lotwise.node.journal.journal import Journal
from lotwise.node.state import Event
from tests.node.http.asking import ask, served
from tests.node.nodes import NOON, FakeNode, camera


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    """A node that began three hours ago; slot A1 of <C1> was taken for two of them, until an hour ago."""
    site = Site.model_validate(
        {
            "name": "a <lot>",
            "cameras": {"<C1>": {"source": "x"}},
            "state": tmp_path,
            "schedule": {"timezone": "Asia/Kathmandu"},
            "bays": {"rules": [{"row": "A", "kind": "short", "max_stay": "30min"}]},
        }
    )
    now = datetime.now(UTC)
    clock = [now]
    journal = Journal(tmp_path / "history.sqlite", clock=lambda: clock[0])
    for hours, before, after in ((3, "unknown", "free"), (3, "free", "occupied"), (1, "occupied", "free")):
        clock[0] = now - timedelta(hours=hours)
        details = {"since": clock[0].isoformat(), "score": 0.8, "why": ""}
        slots = {"<C1>": {"A1": SlotNow(after, clock[0], 0.8)}}  # type: ignore[arg-type]
        journal.record([Event(clock[0], "slot", "<C1>", "A1", before, after, details)], slots)
    journal.close()
    server = ApiServer(FakeNode(), ApiSettings(port=0), tmp_path, past=site)
    server.start()
    yield f"http://127.0.0.1:{server.port}"
    server.close()


def test_the_page_tells_how_full_it_was_and_runs_no_script(url: str) -> None:
    reply = ask(f"{url}/history?days=1")
    assert reply.status == 200
    policy = reply.headers["Content-Security-Policy"]
    assert "script-src" not in policy and "default-src 'none'" in policy
    assert "<script" not in reply.text and "<C1>" not in reply.text and "<lot>" not in reply.text
    assert "a &lt;lot&gt;: history" in reply.text
    assert re.search(r"<b>67%</b>", reply.text)
    assert "1 stays, 2 h on average" in reply.text and "1 were longer than they may be" in reply.text
    assert 'aria-current="page">day</a>' in reply.text
    assert 'href="history"' in ask(f"{url}/").text


def test_the_figures_and_the_stays(url: str) -> None:
    content = ask(f"{url}/api/v1/history?days=1").json
    assert content["lot"]["occupied_s"] == pytest.approx(7200, abs=5)
    assert content["lot"]["free_s"] == pytest.approx(3600, abs=60)
    assert (content["timezone"], content["slots"][0]["kind"]) == ("Asia/Kathmandu", "short")
    (stay,) = csv.DictReader(io.StringIO(ask(f"{url}/api/v1/stays.csv?days=1").text))
    assert (stay["camera"], stay["slot"], stay["end"]) == ("<C1>", "A1", "seen")
    assert stay["from"].endswith("+05:45") and float(stay["over_s"]) == pytest.approx(5400, abs=5)


@pytest.mark.parametrize("days", ["0", "-1", "1000", "soon", "nan"])
def test_odd_ranges_are_refused_in_one_line(url: str, days: str) -> None:
    reply = ask(f"{url}/history?days={days}")
    assert reply.status == 422 and "days" in reply.json["error"]


def test_a_history_that_cannot_be_read_is_told(url: str, tmp_path: Path) -> None:
    (tmp_path / "history.sqlite").write_bytes(b"no database" * 1000)
    assert ask(f"{url}/history").status == 503


def test_without_a_site_there_is_no_such_page() -> None:
    with served(FakeNode()) as address:
        assert ask(f"{address}/history").status == 404
        assert 'href="history"' not in ask(f"{address}/").text


def test_the_present_tells_bays_and_who_stands_there_for_too_long() -> None:
    long_ago = NOON - timedelta(hours=5)
    slots = {"7": SlotNow("occupied", long_ago, 0.9), "8": SlotNow("occupied", NOON - timedelta(minutes=9), 0.9)}
    one = replace(camera("C1", slots), bays={"7": BayNow("north", "short", 7200.0, overstay=True)})
    with served(FakeNode([one])) as address:
        told = ask(f"{address}/api/v1/cameras/C1").json["slots"]
        assert {key: told["7"][key] for key in ("row", "kind", "max_stay_s", "overstay")} == {
            "row": "north", "kind": "short", "max_stay_s": 7200, "overstay": True
        }  # fmt: skip
        assert told["8"]["overstay"] is False and told["8"]["max_stay_s"] is None
        page = ask(f"{address}/").text
        assert re.search(r"7 \(short\).*?5 h.*?longer than 2 h.*?<td>8</td>.*?9 min", page, re.S)
        metrics = ask(f"{address}/metrics").text
        assert 'lotwise_row_slots{camera="C1",row="north",state="occupied"} 1.0' in metrics
        assert 'lotwise_overstays{camera="C1"} 1.0' in metrics

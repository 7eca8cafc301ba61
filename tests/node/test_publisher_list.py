"""Another publisher is a class and one line in the list; it gets every event in order, and what it missed later."""

from __future__ import annotations

import json
import runpy
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from lotwise.cameras.site.reading import read_site
from lotwise.datasets.errors import InputError
from lotwise.node import publisher_list
from lotwise.node.publisher import Publisher, Surroundings
from lotwise.node.start import open_service
from lotwise.node.state import Event
from tests.conftest import ROOT
from tests.node.mqtt.brokers import until
from tests.node.sites import LOT, history, write_site


class Notebook:
    """Writes down every event that it is told of, once; ``deaf`` leaves all for the next run."""

    def __init__(self, around: Surroundings, deaf: bool = False) -> None:
        self.around, self.deaf = around, deaf
        self.numbers: list[int] = []
        self.changes: list[tuple[str, str, str]] = []
        self.calls: list[str] = []
        around.journal.attach("notebook")

    def start(self) -> None:
        self.calls.append("start")

    def wake(self) -> None:
        while not self.deaf and (events := self.around.journal.undelivered("notebook")):
            self.numbers += [event.number for event in events]
            self.changes += [(event.camera, event.name, event.after) for event in events if event.subject == "slot"]
            self.around.journal.delivered("notebook", events[-1].number)

    def close(self) -> None:
        self.wake()
        self.calls.append("close")

    def metrics(self) -> Mapping[str, float]:
        return {"lotwise_notebook_events_total": float(len(self.numbers))}


def run(path: Path, monkeypatch: pytest.MonkeyPatch, deaf: bool = False) -> tuple[Notebook, Mapping[str, float]]:
    made: list[Notebook] = []

    def make(around: Surroundings) -> Publisher:
        made.append(Notebook(around, deaf))
        return made[0]

    monkeypatch.setattr(publisher_list, "PUBLISHERS", [*publisher_list.PUBLISHERS, make])
    service = open_service(read_site(path), path)
    service.start()
    assert service.node.wait(60)
    service.close()
    return made[0], service.node.metrics()


def test_another_publisher_gets_every_event_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook, metrics = run(write_site(tmp_path, cameras=1), monkeypatch)
    assert notebook.calls == ["start", "close"]
    assert notebook.numbers == list(range(1, len(notebook.numbers) + 1))
    assert sorted(notebook.changes) == [("C1", name, state) for name, state in sorted(LOT.items())]
    assert metrics["lotwise_notebook_events_total"] == len(notebook.numbers)


def test_what_it_did_not_confirm_is_kept_for_its_next_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = write_site(tmp_path, cameras=1)
    with monkeypatch.context() as patch:
        assert run(site, patch, deaf=True)[0].numbers == []
    notebook, _ = run(site, monkeypatch)
    assert notebook.numbers == list(range(1, len(notebook.numbers) + 1))
    assert [after for _, name, after in notebook.changes if name == "1"] == ["occupied"]  # of the first run


def test_what_a_watcher_tells_at_its_end_comes_before_the_word_that_the_node_has_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Watcher(Notebook):
        def close(self) -> None:
            if "close" not in self.calls:
                self.around.node.note(Event(datetime.now(UTC), "camera", "C1", "trust", "", "good"))
            self.calls.append("close")

    path = write_site(tmp_path, cameras=1)
    monkeypatch.setattr(publisher_list, "WATCHERS", [Watcher])
    service = open_service(read_site(path), path)
    service.start()
    assert service.node.wait(60)
    service.close()
    events = history(path, "SELECT subject, after FROM events ORDER BY number")
    assert events[-2:] == [("camera", "good"), ("node", "stopped")]


def test_one_that_can_never_work_keeps_the_node_from_starting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Notebook):
        def start(self) -> None:
            raise InputError("publish.notebook: no paper")

    monkeypatch.setattr(publisher_list, "PUBLISHERS", [Broken])
    site = write_site(tmp_path, cameras=1)
    service = open_service(read_site(site), site)
    with pytest.raises(InputError, match="no paper"):
        service.start()
    service.close()
    assert service.node.now().cameras["C1"].looked == 0
    assert service.node.last_event() == 0


class Inbox(BaseHTTPRequestHandler):
    """Takes JSON; every second request fails."""

    asked: ClassVar[int] = 0
    numbers: ClassVar[list[int]] = []

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Inbox.asked += 1
        if Inbox.asked % 2:
            self.send_error(503)
            return
        Inbox.numbers += [event["number"] for event in content]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


def test_the_example_of_a_webhook_gets_every_event_over_a_server_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = runpy.run_path(str(ROOT / "examples" / "webhook_publisher.py"))["WebhookPublisher"]
    Inbox.asked, Inbox.numbers = 0, []
    site = write_site(tmp_path, cameras=2)
    with ThreadingHTTPServer(("127.0.0.1", 0), Inbox) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/parking"
        monkeypatch.setattr(publisher_list, "PUBLISHERS", [lambda around: webhook(around, url, retry_s=0.05)])
        service = open_service(read_site(site), site)
        service.start()
        assert service.node.wait(60)
        until(lambda: Inbox.numbers and Inbox.numbers[-1] == service.node.last_event(), "all events came")
        service.close()
        server.shutdown()
    assert Inbox.numbers == list(range(1, len(Inbox.numbers) + 1))
    assert service.node.metrics()["lotwise_webhook_delivered_events_total"] == len(Inbox.numbers)

"""A real node as a process, killed: overstays reach a real web address and a real broker once, and history adds up."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from lotwise.node.webhook import SIGNATURE, TIMESTAMP, signature
from tests.free_port import free_port
from tests.lotwise.running import run
from tests.node.http.asking import ask
from tests.node.mqtt.brokers import Broker, Subscriber, in_order, retained, until
from tests.node.sites import start, write_site

pytestmark = pytest.mark.slow
SECRET = "0123456789abcdef-of-the-hook"
WAIT_S = 90.0


class Street:
    """A camera that gives snapshots, and the web address that is told of events."""

    def __init__(self, pictures: list[Path]) -> None:
        self.events: list[dict[str, Any]] = []
        self.signed: list[bool] = []
        numbers, outer = itertools.count(), self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = pictures[next(numbers) % len(pictures)].read_bytes()
                self.send_response(200)
                self.send_header("Content-Type", "image/jpeg")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.signed.append(self.headers[SIGNATURE] == signature(SECRET, self.headers[TIMESTAMP], body))
                outer.events += json.loads(body)
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def overstays(self) -> list[str]:
        """Slots of the overstays that were told. One that a killed node sent again has the number that it had."""
        told = {event["number"]: event["name"] for event in list(self.events) if event["subject"] == "stay"}
        return list(told.values())


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    (tmp_path / "broker").mkdir()
    broker = Broker(tmp_path / "broker")
    yield broker.start()
    broker.stop()


def test_a_killed_node_tells_an_overstay_once(tmp_path: Path, broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_site(tmp_path, cameras=1, frames=3)
    street = Street(sorted((tmp_path / "frames1").glob("*.jpg")))
    (tmp_path / "secret").write_text(SECRET)
    site = yaml.safe_load(path.read_text())
    site["cameras"]["C1"]["source"] = f"{street.url}/snapshot.jpg"
    port = free_port()
    site |= {
        "schedule": {"period_s": 0.5, "timezone": "UTC"},
        "view": {"enabled": False},
        "bays": {"rows": {"north": ["1-2"]}, "rules": [{"row": "north", "kind": "short", "max_stay": "6s"}]},
        "publish": {
            "api": {"port": port},
            "mqtt": {"host": "127.0.0.1", "port": broker.port},
            "webhooks": [
                {"name": "city", "url": f"{street.url}/in", "secret": {"file": "secret"}, "events": ["slot", "stay"]}
            ],
        },
    }
    path.write_text(yaml.safe_dump(site))
    with Subscriber(broker.port) as seen:
        node = start(path)
        try:
            until(lambda: street.overstays() == ["1"], "the car on slot 1 is told", WAIT_S)
            camera = f"http://127.0.0.1:{port}/api/v1/cameras/C1"
            until(lambda: ask(camera).json["slots"]["1"]["overstay"], "the API tells it too", WAIT_S)
            state = ask(f"http://127.0.0.1:{port}/api/v1/state").json
            slot = state["cameras"]["C1"]["slots"]["1"]
            assert (slot["overstay"], slot["row"], slot["kind"]) == (True, "north", "short")
        finally:
            node.kill()
            node.wait()
        node = start(path)
        try:

            def known_again() -> bool:
                try:
                    reply = ask(f"http://127.0.0.1:{port}/api/v1/cameras/C1").json
                except OSError:
                    return False
                return bool(reply["slots"]["1"]["overstay"])

            until(known_again, "the next run knows of it", WAIT_S)
            stay = {"camera": "C1", "slot": "1", "since": slot["since"].replace("Z", "+00:00")}

            def longest() -> list[Any]:
                held = retained(broker.port).items()
                return [json.loads(payload) for topic, payload in held if topic.endswith("/longest_stay")]

            until(lambda: longest() == [stay], "the broker is told of it too", WAIT_S)
        finally:
            node.terminate()
            node.wait()
    assert street.overstays() == ["1"]  # once, though the node was killed and its car stands there still
    assert all(street.signed)
    numbers = [event["number"] for event in street.events]
    assert numbers == sorted(numbers)
    assert in_order(seen.numbers)
    assert run("history", path, "--from", "1h", "--by", "stay", "--json", tmp_path / "h.json") == 0
    told = json.loads((tmp_path / "h.json").read_text())
    (stay,) = told["stays"]
    assert stay["slot"] == "1" and stay["occupied_s"] > 6 and stay["unknown_s"] > 0  # it was off for a moment
    assert told["lot"]["occupied_s"] == pytest.approx(stay["occupied_s"], abs=0.01)

"""Webhooks against a real receiver: signed, in order, again until they are taken, over restarts of both sides."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from lotwise.cameras.site.publish import PublishSettings
from lotwise.cameras.site.sources import BackoffSettings
from lotwise.cameras.site.webhook import WebhookSettings
from lotwise.datasets.errors import InputError
from lotwise.node.journal.journal import Journal
from lotwise.node.state import Event
from lotwise.node.webhook import SIGNATURE, TIMESTAMP, WebhookPublisher, Webhooks, signature
from tests.node.mqtt.brokers import NOON, events, until

SECRET = "0123456789abcdef-of-the-hook"
FAST = BackoffSettings(first_s=0.05, cap_s=0.1)


class Receiver:
    """A web server that keeps what it took; ``answers`` are statuses that it gives before it takes anything."""

    def __init__(self, port: int = 0, answers: tuple[int, ...] = ()) -> None:
        self.answers = list(answers)
        self.numbers: list[int] = []
        self.messages: list[list[dict[str, Any]]] = []
        self.signed: list[bool] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.answers:
                    self.send_response(outer.answers.pop(0))
                    self.send_header("Location", "http://127.0.0.1:9/elsewhere")
                    self.end_headers()
                    return
                wanted = signature(SECRET, self.headers.get(TIMESTAMP, ""), body)
                outer.signed.append(self.headers.get(SIGNATURE) == wanted)
                message = json.loads(body)
                outer.messages.append(message)
                outer.numbers += [event["number"] for event in message]
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "h")
    yield journal
    journal.close()


@pytest.fixture
def secret(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "secret").write_text(SECRET)
    return {"file": "secret"}


def hook(journal: Journal, base: Path, port: int, **more: Any) -> WebhookPublisher:
    settings = WebhookSettings.model_validate({"name": "city", "url": f"http://127.0.0.1:{port}/in", **more})
    return WebhookPublisher(settings, "lot", journal, base, FAST)


def test_events_come_signed_and_in_order(journal: Journal, tmp_path: Path, secret: dict[str, str]) -> None:
    receiver = Receiver()
    publisher = hook(journal, tmp_path, receiver.port, secret=secret, batch=7)
    publisher.start()
    for _ in range(3):
        journal.record(events(10))
        publisher.wake()
    until(lambda: len(receiver.numbers) == 30, "all came")
    until(lambda: publisher.metrics()["lotwise_webhook_city_delivered_events_total"] >= 30, "and their answer is noted")
    publisher.close()
    assert receiver.numbers == list(range(1, 31))
    assert all(receiver.signed) and max(map(len, receiver.messages)) <= 7
    first = receiver.messages[0][0]
    assert (first["site"], first["subject"], first["number"]) == ("lot", "slot", 1)
    figures = publisher.metrics()
    assert figures["lotwise_webhook_city_delivered_events_total"] == 30
    assert figures["lotwise_webhook_city_undelivered_events"] == 0
    receiver.close()


@pytest.mark.parametrize("answer", [500, 404, 302, 429])
def test_what_was_not_taken_is_sent_again(journal: Journal, tmp_path: Path, answer: int) -> None:
    receiver = Receiver(answers=(answer,) * 3)
    publisher = hook(journal, tmp_path, receiver.port)
    journal.record(events(5))
    publisher.start()
    until(lambda: len(receiver.numbers) == 5, "taken at last")
    publisher.close()
    assert receiver.numbers == [1, 2, 3, 4, 5]
    assert publisher.metrics()["lotwise_webhook_city_failures_total"] == 3
    assert receiver.signed == [False]  # no secret, no signature
    receiver.close()


def test_nothing_is_lost_while_the_address_and_the_node_are_away(journal: Journal, tmp_path: Path) -> None:
    receiver = Receiver()
    port = receiver.port
    publisher = hook(journal, tmp_path, port)
    publisher.start()
    journal.record(events(3))
    publisher.wake()
    until(lambda: len(receiver.numbers) == 3, "the first came")
    receiver.close()
    journal.record(events(4))
    publisher.wake()
    until(lambda: publisher.metrics()["lotwise_webhook_city_failures_total"] > 0, "nobody answers")
    publisher.close()
    journal.record(events(2))
    again = Receiver(port)
    second = hook(journal, tmp_path, port)  # another run of the node
    second.start()
    until(lambda: len(again.numbers) == 6, "all others came")
    second.close()
    assert again.numbers == [4, 5, 6, 7, 8, 9]
    again.close()


def test_only_what_is_asked_for_is_sent(journal: Journal, tmp_path: Path) -> None:
    receiver = Receiver()
    publisher = hook(journal, tmp_path, receiver.port, events=["stay"])
    journal.record([*events(3), Event(NOON, "stay", "C1", "7", "occupied", "overstay"), *events(2)])
    publisher.start()
    until(lambda: publisher.metrics()["lotwise_webhook_city_undelivered_events"] == 0, "all were looked at")
    publisher.close()
    assert receiver.numbers == [4]
    receiver.close()


def test_several_addresses_go_at_their_own_pace(journal: Journal, tmp_path: Path) -> None:
    receiver, dead = Receiver(), Receiver()
    dead.close()
    both = Webhooks([hook(journal, tmp_path, receiver.port), hook(journal, tmp_path, dead.port, name="dead")])
    both.start()
    journal.record(events(3))
    both.wake()
    until(lambda: len(receiver.numbers) == 3, "the one that lives got them")
    both.close()
    assert both.metrics()["lotwise_webhook_dead_undelivered_events"] == 3
    receiver.close()


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"name": "a", "url": "ftp://x"}, "pattern"),
        ({"name": "a", "url": "https://user:pass@x"}, "pattern"),
        ({"name": "a b", "url": "https://x"}, "pattern"),
        ({"name": "a", "url": "https://x", "events": []}, "at least 1"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        WebhookSettings.model_validate(settings)


def test_names_differ_and_secrets_are_long(journal: Journal, tmp_path: Path) -> None:
    twice = [{"name": "a", "url": "https://x"}] * 2
    with pytest.raises(ValueError, match="two webhooks are called a"):
        PublishSettings.model_validate({"webhooks": twice})
    (tmp_path / "short").write_text("short")
    with pytest.raises(InputError, match="webhook city: its secret needs at least 16 characters"):
        hook(journal, tmp_path, 9, secret={"file": "short"})

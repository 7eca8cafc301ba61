"""A real mosquitto on a free port, and a subscriber that writes down all it is told."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from lotwise.node.state import Event
from tests.free_port import free_port

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def until(true: Callable[[], object], what: str, seconds: float = 90) -> None:
    """Wait for a condition; the test fails where it does not come true in time."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.01)


def events(count: int, camera: str = "C1") -> list[Event]:
    return [Event(NOON, "slot", camera, str(i % 50), "free", "occupied", {"i": i}) for i in range(count)]


@dataclass
class Broker:
    """mosquitto; ``options`` are lines of its configuration."""

    folder: Path
    options: tuple[str, ...] = ()
    port: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> Broker:
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if program is None:
            pytest.skip("mosquitto is not installed (Debian: apt-get install mosquitto)")
        self.port = self.port or free_port()
        lines = [f"listener {self.port} 127.0.0.1", *self.options]
        if not any("password_file" in option for option in self.options):
            lines.append("allow_anonymous true")
        # By default it would leave its user's rights for those of a user who may not read the test's folder.
        lines += ["user root", "max_queued_messages 100000", f"log_dest file {self.folder / 'mosquitto.log'}"]
        config = self.folder / "mosquitto.conf"
        config.write_text("\n".join(lines) + "\n")
        self._process = subprocess.Popen([program, "-c", str(config)])
        until(self._listens, "mosquitto listens")
        return self

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.signal(signal.SIGCONT)
            self.kill()

    def signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _listens(self) -> bool:
        assert self._process is not None and self._process.poll() is None
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


@dataclass
class Subscriber:
    """Writes down every message of a broker, over reconnects.

    ``session`` names what the broker keeps for it meanwhile; with an empty name it keeps nothing.
    """

    port: int
    username: str | None = None
    password: str | None = None
    session: str = "subscriber"
    messages: list[tuple[str, bytes, bool]] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    subscribed: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Subscriber:
        self._client = paho.Client(CallbackAPIVersion.VERSION2, self.session, clean_session=not self.session)
        self._client.username_pw_set(self.username, self.password)
        self._client.reconnect_delay_set(0.02, 0.02)  # type: ignore[arg-type]
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.on_disconnect = lambda *_: self.subscribed.clear()
        self._client.on_subscribe = lambda *_: self.subscribed.set()
        self._client.on_message = lambda _, __, message: self._write(message)
        self._client.connect("127.0.0.1", self.port)
        self._client.loop_start()
        assert self.subscribed.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _write(self, message: paho.MQTTMessage) -> None:
        self.messages.append((message.topic, bytes(message.payload), message.retain))
        if message.topic.endswith("/events"):
            self.numbers.append(json.loads(message.payload)["number"])

    def payloads(self, topic: str) -> list[bytes]:
        return [payload for told, payload, _ in list(self.messages) if told == topic]

    def state(self) -> dict[str, bytes]:
        """The last payload of each topic that is retained, as of now."""
        return {topic: payload for topic, payload, _ in list(self.messages) if not topic.endswith("/events")}


def retained(port: int) -> dict[str, bytes]:
    """What a broker holds, as a client that connects now is told it."""
    # A session would bring what an earlier reader had not acknowledged, its last message among it.
    with Subscriber(port, session="") as fresh:
        # The broker sends what it holds before what comes after: our own message ends it.
        fresh._client.publish("end", b"", qos=1)
        until(lambda: fresh.payloads("end"), "the broker has told what it holds")
        return {topic: payload for topic, payload, retain in fresh.messages if retain and topic != "end"}


def in_order(numbers: Iterable[int]) -> bool:
    """Whether numbers rise one by one, but for jumps back to where something was not acknowledged."""
    numbers = list(numbers)
    return all(b <= a + 1 for a, b in pairwise(numbers))

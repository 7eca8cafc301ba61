"""Against a real broker that goes away, hangs, is killed, refuses: every event in order, and states that are true."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.publish import MqttSettings
from lotwise.cameras.site.secret import Secret
from lotwise.cameras.site.sources import BackoffSettings
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image, Slot
from lotwise.node.journal.journal import Journal
from lotwise.node.journal.query import EventQuery
from lotwise.node.mqtt.publisher import MqttPublisher
from lotwise.node.state import CameraNow, NodeNow
from tests.conftest import ROOT
from tests.free_port import free_port
from tests.node.mqtt.brokers import NOON, Broker, Subscriber, events, in_order, retained, until
from tests.node.nodes import lot

LIVE = SourceHealth("live", NOON)
QUICK = BackoffSettings(first_s=0.1, cap_s=0.5)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    broker = Broker(tmp_path).start()
    yield broker
    broker.stop()


@dataclass
class Node:
    """What a publisher is given to tell."""

    cameras: dict[str, dict[str, SlotNow]]
    source: SourceHealth = LIVE
    asked: Callable[[], object] = lambda: None

    def now(self) -> NodeNow:
        self.asked()
        cameras = {
            name: CameraNow(name, NOON, self.source, ViewReport("good"), slots) for name, slots in self.cameras.items()
        }
        return lot(list(cameras.values()), True, "north lot")


def two_cameras() -> Node:
    known, unknown = SlotNow("occupied", NOON, 0.91), SlotNow("unknown", NOON, why="hidden")
    return Node({"C1": {"1": known, "2": SlotNow("free", NOON, 0.8)}, "C2": {"2": unknown, "3/a": unknown}})


def announced_at(broker: Broker) -> list[str]:
    """What Home Assistant finds at a broker."""
    return [topic for topic in retained(broker.port) if topic.startswith("homeassistant/")]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()


@pytest.fixture
def publisher(journal: Journal) -> Iterator[Callable[..., MqttPublisher]]:
    """Makes and starts publishers, which end with the test."""
    made: list[MqttPublisher] = []

    def make(port: int, node: Node | None = None, history: Journal | None = None, **settings: object) -> MqttPublisher:
        mqtt = MqttSettings.model_validate({"host": "127.0.0.1", "port": port, "keepalive_s": 10} | settings)
        node = node or two_cameras()
        made.append(MqttPublisher(mqtt, "north lot", history or journal, node.now, backoff=QUICK))
        made[-1].start()
        return made[-1]

    yield make
    for publisher in made:
        publisher.close()


@pytest.mark.parametrize("protocol", ["5", "3.1.1"])
def test_states_are_retained_and_events_come_in_order(
    protocol: str, broker: Broker, journal: Journal, publisher: Callable[..., MqttPublisher]
) -> None:
    with Subscriber(broker.port) as seen:
        node = publisher(broker.port, protocol=protocol)
        journal.record(events(300))
        node.wake()
        until(lambda: len(seen.numbers) >= 300, "all events came")
        assert seen.numbers == list(range(1, 301))
        assert not any(retain for topic, _, retain in seen.messages if topic.endswith("/events"))
        until(lambda: node.health().waiting == 0, "all acknowledged")
        until(lambda: node.health().delivered >= 300, "and counted")
        assert node.health().delivered == 300
    held = {topic: json.loads(payload) for topic, payload in retained(broker.port).items() if b"{" in payload}
    assert held["lotwise/north_lot/C1/slot/1"] == {
        "state": "occupied", "since": "2026-03-04T12:00:00+00:00", "score": 0.91, "why": "",
    }  # fmt: skip
    assert held["lotwise/north_lot/C2/slot/3_a"]["why"] == "hidden"
    assert held["lotwise/north_lot/C1/state"]["free"] == 1
    # Slot 2 is seen by both cameras and known by one: it counts once.
    assert held["lotwise/north_lot/state"] == {"free": 1, "occupied": 1, "unknown": 1}
    assert retained(broker.port)["lotwise/north_lot/available"] == b"online"


def test_a_change_is_told_and_an_unchanged_state_is_not(
    broker: Broker, publisher: Callable[..., MqttPublisher]
) -> None:
    node = two_cameras()
    with Subscriber(broker.port) as seen:
        told = publisher(broker.port, node)
        until(lambda: seen.payloads("lotwise/north_lot/available") == [b"online"], "online")
        node.cameras["C1"]["2"] = SlotNow("occupied", NOON + timedelta(minutes=1), 0.7)
        told.wake()
        until(lambda: len(seen.payloads("lotwise/north_lot/C1/slot/2")) == 2, "the change came")
        node.source = SourceHealth("stale", NOON, "no frame for 12 s")
        told.wake()
        until(lambda: seen.payloads("lotwise/north_lot/C1/available") == [b"online", b"offline"], "camera offline")
        until(lambda: len(seen.payloads("lotwise/north_lot/C2/state")) == 2, "source told")
        assert json.loads(seen.payloads("lotwise/north_lot/C2/state")[-1])["source"]["why"] == "no frame for 12 s"
        assert len(seen.payloads("lotwise/north_lot/C1/slot/1")) == 1
        told.close()
        until(lambda: seen.payloads("lotwise/north_lot/available") == [b"online", b"offline"], "offline at the end")


@pytest.mark.parametrize("persistence", [False, True], ids=["forgetful broker", "broker with a memory"])
def test_nothing_is_lost_while_the_broker_is_away(
    persistence: bool, tmp_path: Path, journal: Journal, publisher: Callable[..., MqttPublisher]
) -> None:
    memory = ("persistence true", f"persistence_location {tmp_path}/", "autosave_interval 1") if persistence else ()
    broker = Broker(tmp_path, memory).start()
    states = two_cameras()

    def load() -> None:
        for _ in range(100):
            journal.record(events(40))
            node.wake()

    thread = threading.Thread(target=load)
    try:
        with Subscriber(broker.port) as seen:
            # A broker that forgot everything forgot its subscribers too, who must be back before the first event.
            states.asked = lambda: seen.subscribed.wait(60)
            node = publisher(broker.port, states)
            thread.start()
            until(lambda: len(seen.numbers) > 300, "delivery began")
            broker.kill()
            until(lambda: node.health().state == "down", "the loss is noticed")
            thread.join()
            until(lambda: "nothing listens" in node.health().why, "and its reason told")
            broker.start()
            until(lambda: node.health().waiting == 0, "all acknowledged")
            until(lambda: seen.numbers[-1:] == [4000], "the last one came")
            numbers = list(seen.numbers)
            # A broker may die with a few that it had acknowledged and not yet handed on to its subscribers.
            missing = set(range(1, 4001)) - set(numbers)
            assert not missing or max(missing) - min(missing) < 64
            place = {number: i for i, number in enumerate(sorted(set(numbers)))}
            assert in_order(place[number] for number in numbers)
            assert len(numbers) <= 4000 + 64
        assert retained(broker.port)["lotwise/north_lot/C1/slot/1"].startswith(b'{"state":"occupied"')
    finally:
        thread.join()
        broker.stop()


def test_a_broker_that_hangs_is_left_and_gets_everything_once_it_goes_on(
    broker: Broker, journal: Journal, publisher: Callable[..., MqttPublisher]
) -> None:
    with Subscriber(broker.port) as seen:
        node = publisher(broker.port, keepalive_s=2)
        journal.record(events(100))
        node.wake()
        until(lambda: len(seen.numbers) == 100, "the first came")
        until(lambda: node.health().waiting == 0, "and are acknowledged")
        broker.signal(signal.SIGSTOP)
        journal.record(events(1000))
        node.wake()
        until(lambda: node.health().state == "down", "a half-open connection is noticed")
        assert "silent" in node.health().why
        assert node.health().waiting == 1000
        broker.signal(signal.SIGCONT)
        until(lambda: node.health().waiting == 0, "all acknowledged")
        until(lambda: seen.numbers[-1:] == [1100], "the last one came")
        assert set(seen.numbers) == set(range(1, 1101))
        assert in_order(seen.numbers)


CHILD = """
import sys, threading
from pathlib import Path
from tests.node.mqtt.brokers import NOON, events
from tests.node.mqtt.test_publisher import QUICK, two_cameras
from lotwise.node.journal.journal import Journal
from lotwise.node.mqtt.publisher import MqttPublisher
from lotwise.cameras.site.publish import MqttSettings

journal = Journal(Path(sys.argv[1]))
publisher = MqttPublisher(
    MqttSettings(host="127.0.0.1", port=int(sys.argv[2]), keepalive_s=10),
    "north lot", journal, two_cameras().now, backoff=QUICK,
)
publisher.start()
for _ in range(200):
    journal.record(events(10))
    publisher.wake()
threading.Event().wait()
"""


def test_a_killed_node_is_told_offline_and_resumes_where_it_was(
    broker: Broker, tmp_path: Path, publisher: Callable[..., MqttPublisher]
) -> None:
    path = tmp_path / "killed.db"
    with Subscriber(broker.port) as seen:
        for recorded in (200, 400):
            child = subprocess.Popen([sys.executable, "-c", CHILD, str(path), str(broker.port)], cwd=ROOT)
            try:
                # In the middle of recording and of delivery.
                until(lambda: max(seen.numbers, default=0) > recorded, "delivery is under way", 90)  # noqa: B023
            finally:
                child.kill()
                child.wait()
            until(lambda: seen.state()["lotwise/north_lot/available"] == b"offline", "the last will")
        history = Journal(path)
        try:
            node = publisher(broker.port, history=history)
            until(lambda: node.health().waiting == 0, "all acknowledged")
            until(lambda: seen.numbers[-1] == history.last, "the last one came")
            assert set(seen.numbers) == set(range(1, history.last + 1))
            assert in_order(seen.numbers)
            # Told again at each of the two seams: no more than were in flight.
            assert len(seen.numbers) - history.last <= 2 * 64
            numbers = [event.number for event in history.events(EventQuery(limit=10_000))]
            assert numbers == list(range(1, history.last + 1))
            assert seen.state()["lotwise/north_lot/available"] == b"online"
        finally:
            node.close()
            history.close()


def test_a_slot_that_is_gone_is_cleared_at_the_broker_also_after_a_restart(
    broker: Broker, journal: Journal, publisher: Callable[..., MqttPublisher]
) -> None:
    first = publisher(broker.port, home_assistant=True)
    # It is told last. A connection that is lost on the way leaves it offline.
    until(lambda: retained(broker.port).get("lotwise/north_lot/available") == b"online", "all is told")
    # Four slots and the three places that they are, of which cameras may disagree; three counts, the longest stay; four
    # to diagnose each camera.
    assert len(announced_at(broker)) == 20
    first.close()

    second = publisher(broker.port, Node({"C1": {"1": SlotNow("free", NOON, 0.8)}}), home_assistant=True)
    gone = {"lotwise/north_lot/C1/slot/2", "lotwise/north_lot/C2/slot/2", "lotwise/north_lot/C2/state"}
    until(lambda: not gone & retained(broker.port).keys(), "what is gone is cleared")
    until(lambda: len(announced_at(broker)) == 8, "Home Assistant keeps what one camera and its slot have")
    second.close()

    publisher(broker.port, Node({"C1": {"1": SlotNow("free", NOON, 0.8)}}))
    until(lambda: not announced_at(broker), "switched off, Home Assistant is told so")
    assert retained(broker.port)["lotwise/north_lot/C1/slot/1"].startswith(b'{"state":"free"')


def test_pictures_are_retained_at_the_broker(broker: Broker, journal: Journal, tmp_path: Path) -> None:
    node = two_cameras()
    image = np.full((120, 160, 3), 90, np.uint8)

    def picture(camera: str) -> tuple[Image, CameraNow, tuple[Slot, ...]]:
        return image, node.now().cameras[camera], ()

    settings = MqttSettings(host="127.0.0.1", port=broker.port, home_assistant=True)
    publisher = MqttPublisher(settings, "north lot", journal, node.now, picture=picture)
    publisher.start()
    topics = {"lotwise/north_lot/C1/picture", "lotwise/north_lot/C2/picture"}
    try:
        until(lambda: topics <= retained(broker.port).keys(), "pictures came")
        until(lambda: retained(broker.port).get("lotwise/north_lot/available") == b"online", "all is told")
        held = retained(broker.port)
        for topic in topics:
            shown = cv2.imdecode(np.frombuffer(held[topic], np.uint8), cv2.IMREAD_COLOR)
            assert shown is not None and shown.shape[1] == 160
        announced = [json.loads(payload) for topic, payload in held.items() if topic.startswith("homeassistant/image/")]
        assert {entity["image_topic"] for entity in announced} == topics
    finally:
        publisher.close()


def test_other_scores_reach_no_subscriber(broker: Broker, publisher: Callable[..., MqttPublisher]) -> None:
    node = two_cameras()
    with Subscriber(broker.port) as seen:
        told = publisher(broker.port, node)
        until(lambda: seen.payloads("lotwise/north_lot/C1/slot/1"), "told")
        for number in range(1, 200):
            node.cameras["C1"]["1"] = SlotNow("occupied", NOON, 0.5 + number / 1000)
            told.wake()
        node.cameras["C1"]["2"] = SlotNow("occupied", NOON, 0.8)
        told.wake()
        until(lambda: len(seen.payloads("lotwise/north_lot/C1/slot/2")) == 2, "a change came after them")
        assert len(seen.payloads("lotwise/north_lot/C1/slot/1")) == 1


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Broker]:
    """A broker with a password, at which the user may not write events."""
    passwords, rights = tmp_path / "passwords", tmp_path / "rights"
    passwords.touch(mode=0o600)
    try:
        for user, password in (("node", "s3cret"), ("reader", "readable")):
            subprocess.run(["mosquitto_passwd", "-b", passwords, user, password], check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("mosquitto_passwd is not installed (Debian: apt-get install mosquitto)")
    allowed = "".join(
        f"topic write lotwise/+/{rest}\n" for rest in ("state", "available", "longest_stay", "disagreements", "+/+/#")
    )
    rights.write_text(f"user node\n{allowed}user reader\ntopic #\n")
    rights.chmod(0o600)
    broker = Broker(tmp_path, (f"password_file {passwords}", f"acl_file {rights}"))
    yield broker.start()
    broker.stop()


def test_a_wrong_password_is_told_without_the_password(
    guarded: Broker, publisher: Callable[..., MqttPublisher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER", "hunter2")
    node = publisher(guarded.port, username="node", password=Secret(env="BROKER"))
    until(lambda: node.health().state == "down", "refused")
    why = node.health().why
    assert "Not authorized" in why and "check mqtt.username and mqtt.password" in why
    assert "hunter2" not in why and "\n" not in why


def test_refused_events_wait_and_the_broker_s_refusal_is_told(
    guarded: Broker, journal: Journal, publisher: Callable[..., MqttPublisher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKER", "s3cret")
    monkeypatch.setattr("lotwise.node.mqtt.session.REFUSED_RETRY_S", 0.2)
    journal.attach("mqtt")
    journal.record(events(100))
    with Subscriber(guarded.port, "reader", "readable") as seen:
        node = publisher(guarded.port, username="node", password=Secret(env="BROKER"))
        until(lambda: "refuses lotwise/north_lot/events (Not authorized)" in node.health().why, "the refusal is told")
        assert node.health().waiting == 100
        rights = guarded.folder / "rights"
        rights.write_text(rights.read_text().replace("user node\n", "user node\ntopic write lotwise/#\n"))
        guarded.signal(signal.SIGHUP)
        until(lambda: node.health().waiting == 0, "once allowed, all is delivered")
        until(lambda: len(seen.numbers) == 100, "all events came")
        assert seen.numbers == list(range(1, 101))
        until(lambda: node.health().why == "", "nothing is refused any more")


def test_unknown_host_and_closed_port_are_told_in_one_line(publisher: Callable[..., MqttPublisher]) -> None:
    nobody = publisher(free_port())
    nowhere = publisher(1883, host="broker.invalid")
    until(lambda: nobody.health().state == nowhere.health().state == "down", "both are told")
    assert "nothing listens there" in nobody.health().why
    assert "broker.invalid:1883: unknown host" in nowhere.health().why


def test_a_port_that_speaks_no_tls_is_told(broker: Broker, publisher: Callable[..., MqttPublisher]) -> None:
    node = publisher(broker.port, tls=True)
    until(lambda: node.health().state == "down", "TLS fails")
    assert "TLS" in node.health().why or "check mqtt.port and mqtt.tls" in node.health().why


@pytest.fixture
def encrypted(tmp_path: Path) -> Iterator[Broker]:
    """A broker that speaks TLS with a certificate of its own, ``cert.pem``."""
    command = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=broker -addext subjectAltName=IP:127.0.0.1"
    try:
        subprocess.run(
            ["openssl", *command.split(), "-keyout", "key.pem", "-out", "cert.pem"],
            cwd=tmp_path, check=True, capture_output=True,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("openssl is not installed")
    broker = Broker(tmp_path, (f"certfile {tmp_path / 'cert.pem'}", f"keyfile {tmp_path / 'key.pem'}"))
    yield broker.start()
    broker.stop()


def test_events_are_delivered_over_tls_to_a_broker_that_is_trusted(
    encrypted: Broker, journal: Journal, publisher: Callable[..., MqttPublisher]
) -> None:
    stranger = publisher(encrypted.port, tls=True)
    until(lambda: stranger.health().state == "down", "an unknown certificate is refused")
    assert "TLS certificate not trusted" in stranger.health().why and "mqtt.ca_file" in stranger.health().why
    stranger.close()
    journal.record(events(500))
    trusting = publisher(encrypted.port, tls=True, ca_file=encrypted.folder / "cert.pem")
    until(lambda: trusting.health().delivered == 500, "all acknowledged")


@pytest.mark.parametrize(
    ("says", "line"),
    [(b"HTTP/1.1 400 Bad Request\r\n\r\n", "check"), (b"\x20\x02\x00", "no answer"), (b"", "no answer")],
    ids=["no broker", "half an answer", "silence"],
)
def test_what_answers_like_no_broker_is_told_and_ends(
    says: bytes, line: str, publisher: Callable[..., MqttPublisher], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lotwise.node.mqtt.broker.CONNECT_TIMEOUT_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        node = publisher(server.getsockname()[1])
        caller, _ = server.accept()
        with caller:
            caller.sendall(says)
            until(lambda: node.health().state == "down", "told")
            assert line in node.health().why
            node.close()


def test_missing_password_and_certificates_are_told_at_the_start(journal: Journal, tmp_path: Path) -> None:
    settings = MqttSettings(host="h", tls=True, ca_file=Path("ca.pem"))
    with pytest.raises(InputError, match=r"ca\.pem: no certificates"):
        MqttPublisher(settings, "lot", journal, two_cameras().now, base=tmp_path)
    with pytest.raises(InputError, match="NOT_SET"):
        MqttPublisher(
            MqttSettings(host="h", username="u", password=Secret(env="NOT_SET")), "lot", journal, two_cameras().now
        )


def test_an_error_in_the_node_s_own_words_does_not_end_the_telling(
    broker: Broker, publisher: Callable[..., MqttPublisher]
) -> None:
    node = two_cameras()
    whole = node.cameras
    node.cameras = None  # type: ignore[assignment]
    told = publisher(broker.port, node)
    until(lambda: "an error in the publisher" in told.health().why, "told")
    node.cameras = whole
    until(lambda: told.health().state == "connected" and not told.health().why, "and over")

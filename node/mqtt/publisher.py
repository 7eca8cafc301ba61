"""Tells an MQTT broker what the node knows, from a thread of its own that no broker can make wait or fail the node."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from lotwise.cameras.site.publish import MqttSettings
from lotwise.cameras.site.secret import masked
from lotwise.cameras.site.sources import BackoffSettings
from lotwise.cameras.sources.backoff import Backoff
from lotwise.datasets.errors import InputError
from lotwise.node.journal.journal import Journal
from lotwise.node.mqtt.broker import BrokerConnection, Disconnected, Login
from lotwise.node.mqtt.homeassistant import discovery
from lotwise.node.mqtt.session import READER_NAME, Session
from lotwise.node.mqtt.state_messages import Picture, StateMessages
from lotwise.node.mqtt.topics import OFFLINE, ONLINE, Topics, safe_names, site_root
from lotwise.node.state import NodeNow

log = logging.getLogger(__name__)

FLUSH_TIMEOUT_S = 2.0
"""Seconds for which the end waits for the broker to take what is left; the journal keeps the rest for the next run."""


@dataclass(frozen=True)
class MqttHealth:
    """How the connection to the broker is.

    Attributes:
        since: when it came into this state (UTC).
        why: one line without secrets: why it is down, or what a broker that is connected refuses.
        delivered: events acknowledged since the start.
        waiting: events not acknowledged yet.
        lost: events dropped before the broker got them, since the first start.
        connects: connections made since the start.
    """

    state: Literal["connecting", "connected", "down"]
    since: datetime
    why: str = ""
    delivered: int = 0
    waiting: int = 0
    lost: int = 0
    connects: int = 0


class MqttPublisher:
    """Events in order and states as they are, at a broker that may come and go.

    Topics and payloads are in ``topics.py``. A subscriber may see an event twice, when the connection broke before the
    broker's acknowledgement came: then it and those behind it come again in order. ``number`` is an event's identity.

    Args:
        now: how the node is; all cameras and slots of the site from the start, for others are cleared at the broker.
        base: folder of the site file, which the files in the settings are relative to.
        backoff: how long to wait before a lost broker is tried again.
        picture: gives the pictures that Home Assistant is told; none are where None.
        page_url: address of the operators' page, which Home Assistant links to; "" where nobody else can open it.

    Raises:
        InputError: the password or the certificates cannot be read.
    """

    def __init__(
        self,
        settings: MqttSettings,
        site: str,
        journal: Journal,
        now: Callable[[], NodeNow],
        base: Path = Path(),
        backoff: BackoffSettings | None = None,
        picture: Picture | None = None,
        page_url: str = "",
    ) -> None:
        self._settings, self._site, self._journal, self._now, self._base = settings, site, journal, now, base
        self._backoff = Backoff(backoff or BackoffSettings(first_s=1, cap_s=30))
        self._root = site_root(settings.prefix, site)
        self._page_url, self._pictures = page_url, picture is not None
        self._messages = StateMessages(picture if settings.home_assistant else None)
        self._login()  # what cannot be read is told at the start, not from the thread
        self._lock = threading.Lock()
        self._health = MqttHealth("connecting", datetime.now(UTC))
        self._delivered_before = 0
        self._alive_from: float | None = None
        self._announced: tuple[Topics | None, dict[str, bytes]] = None, {}
        self._stop = threading.Event()
        self._wake_reader, self._wake_writer = socket.socketpair()
        self._wake_reader.setblocking(False)
        self._wake_writer.setblocking(False)
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)
        journal.attach(READER_NAME)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def wake(self) -> None:
        """Something new is recorded or changed; never waits."""
        try:
            self._wake_writer.send(b"1")
        except OSError:
            # Full: it is woken already. Closed: nobody is there to hear it.
            return

    def health(self) -> MqttHealth:
        """How the connection is, and what waits."""
        journal = self._journal.health()
        with self._lock:
            return replace(self._health, waiting=journal.behind[READER_NAME], lost=journal.lost_to[READER_NAME])

    def metrics(self) -> Mapping[str, float]:
        """How the connection is, for ``/metrics``."""
        health = self.health()
        return {
            "lotwise_mqtt_connected": float(health.state == "connected"),
            "lotwise_mqtt_undelivered_events": float(health.waiting),
            "lotwise_mqtt_connects_total": float(health.connects),
            "lotwise_mqtt_lost_events_total": float(health.lost),
        }

    def close(self) -> None:
        """Tell what is left, for two seconds at most, then ``offline``, and end. Closing twice is no error."""
        self._stop.set()
        self.wake()
        if self._thread.is_alive():
            # A thread that still waits for a name server or a handshake is left behind; it ends by itself.
            self._thread.join(FLUSH_TIMEOUT_S + 1)
        if not self._thread.is_alive():
            self._wake_reader.close()
            self._wake_writer.close()

    def _login(self) -> Login:
        settings = self._settings
        tls = None
        if settings.tls:
            path = None if settings.ca_file is None else self._base / settings.ca_file
            try:
                tls = ssl.create_default_context(cafile=path)
            except (OSError, ssl.SSLError) as error:
                raise InputError(f"{path}: no certificates that can be read ({error}); give a PEM file") from error
        return Login(
            host=settings.host,
            port=settings.port or (8883 if settings.tls else 1883),
            client_id=settings.client_id or f"lotwise-{safe_names([self._site])[self._site]}",
            protocol=settings.protocol,
            keepalive_s=settings.keepalive_s,
            tls=tls,
            username=settings.username,
            password=None if settings.password is None else settings.password.read(self._base),
        )

    def _states(self) -> dict[str, bytes]:
        now = self._now()
        topics = Topics.of(now, self._settings.prefix, self._site)
        if self._settings.home_assistant and topics != self._announced[0]:
            found = discovery(topics, self._site, self._settings.discovery_prefix, self._page_url, self._pictures)
            self._announced = topics, found
        told = self._messages.of(now, topics) | self._announced[1]
        # Last: whoever sees the site come back finds states that are true.
        return told | {f"{self._root}/available": ONLINE}

    def _run(self) -> None:
        while not self._stop.is_set():
            self._alive_from = None
            refused = False
            try:
                self._connection()
                return
            except (Disconnected, InputError) as error:
                refused = isinstance(error, Disconnected) and error.refused
                self._down(str(error))
            except Exception as error:
                # Whatever goes wrong in telling must not end the telling.
                log.exception("MQTT: an error in the publisher")
                self._down(f"an error in the publisher ({type(error).__name__}: {error})")
            lived_s = 0.0 if self._alive_from is None else time.monotonic() - self._alive_from
            self._stop.wait(self._backoff.pause(lived_s, refused))

    def _connection(self) -> None:
        login = self._login()
        will = f"{self._root}/available"
        try:
            broker = BrokerConnection(login, (will, OFFLINE), self._wake_reader)
            try:
                self._publish_with(Session(broker, self._journal, self._root, self._states))
                broker.send(will, OFFLINE, retain=True)
                broker.disconnect()
            finally:
                broker.drop()
        except Disconnected as error:
            raise Disconnected(masked(str(error), [login.password or ""]), error.refused) from error

    def _publish_with(self, session: Session) -> None:
        """Tell until the publisher is closed."""
        self._connected()
        while not self._stop.is_set():
            session.step()
            self._progress(session)
        end = time.monotonic() + FLUSH_TIMEOUT_S
        session.look_again()
        session.step(0.0)
        while not session.idle and (left := end - time.monotonic()) > 0:
            session.step(left)
        self._progress(session)

    def _connected(self) -> None:
        log.info("MQTT broker %s: connected", self._settings.host)
        self._alive_from = time.monotonic()
        with self._lock:
            self._delivered_before = self._health.delivered
            self._health = replace(
                self._health,
                state="connected", since=datetime.now(UTC), why="", connects=self._health.connects + 1,
            )  # fmt: skip

    def _progress(self, session: Session) -> None:
        with self._lock:
            delivered = self._delivered_before + session.delivered
            self._health = replace(self._health, delivered=delivered, why=session.refused)

    def _down(self, why: str) -> None:
        with self._lock:
            before = self._health
            since = before.since if before.state == "down" else datetime.now(UTC)
            self._health = replace(before, state="down", since=since, why=why)
        if before.why != why:
            log.warning("%s", why)

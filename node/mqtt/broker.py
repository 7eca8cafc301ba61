"""One connection to an MQTT broker, from its beginning to its end, with every failure told in one line.

paho-mqtt speaks the protocol; its own reconnecting and its own queue are left unused. paho keeps unacknowledged
messages in memory, sends them again by itself after a reconnect, and forgets them with the process: events would come
in another order than they happened, and those of a power cut never. Here the journal on disk alone says what is sent,
and when.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import ssl
import time
from dataclasses import dataclass
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

MAX_IN_FLIGHT = 64
"""Messages sent and not yet acknowledged: with a broker a tenth of a second away, still 640 a second."""
CONNECT_TIMEOUT_S = 10.0
"""Seconds for a connection and its answer; slow mobile links take a few."""
ACKNOWLEDGE_TIMEOUT_S = 60.0
"""Seconds without the acknowledgement of a message after which a broker that is alive is given up."""
_QOS = 1


class Disconnected(Exception):
    """The connection failed or ended; the message says why and how to mend it.

    Attributes:
        refused: by a broker that will not change its mind by itself.
    """

    def __init__(self, why: str, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


@dataclass(frozen=True)
class Login:
    """Address of a broker, and the account to use there."""

    host: str
    port: int
    client_id: str
    protocol: str
    keepalive_s: int
    tls: ssl.SSLContext | None = None
    username: str | None = None
    password: str | None = None


@dataclass(frozen=True)
class Ack:
    """The broker's answer to one message; ``refusal`` is empty where it took it."""

    message: int
    refusal: str


class BrokerConnection:
    """A connection of QoS 1, used by one thread.

    Attributes:
        woken: the wake-up pipe was written to; set back by the one who looked for news.

    Its paho client lives no longer than the connection: what was not acknowledged is forgotten with it, so that only
    the journal decides what is sent again, and in which order. paho alone would send it again by itself, behind or
    before what the journal gives.

    Args:
        will: topic and payload that the broker publishes, retained, when the connection dies.
        wake_reader: readable when there is something to send; ends a wait.

    Raises:
        Disconnected: it cannot be made.
    """

    def __init__(self, login: Login, will: tuple[str, bytes], wake_reader: socket.socket) -> None:
        self._name = f"MQTT broker {login.host}:{login.port}"
        self._acks: list[Ack] = []
        self._in_flight: dict[int, float] = {}
        self._window = MAX_IN_FLIGHT
        self.woken = False
        self._connected = False
        self._why: Disconnected | None = None
        self._wake_reader = wake_reader
        self._client = self._made(login, will)
        self._selector = selectors.DefaultSelector()
        self._selector.register(wake_reader, selectors.EVENT_READ)
        self._keepalive_s = login.keepalive_s
        try:
            self._connect(login)
        except BaseException:
            self.drop()
            raise

    @property
    def room(self) -> int:
        """Messages that may be sent now; the broker has not yet answered the others."""
        return self._window - len(self._in_flight)

    def send(self, topic: str, payload: bytes, retain: bool) -> int:
        """Send a message; gives the number its acknowledgement will carry."""
        info = self._client.publish(topic, payload, qos=_QOS, retain=retain)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise self._ended()
        self._in_flight[info.mid] = time.monotonic()
        return info.mid

    def wait(self, timeout_s: float) -> list[Ack]:
        """Receive until something came, the wake-up pipe is written to or time is up; gives the acknowledgements.

        Raises:
            Disconnected: the connection ended, or nothing came for too long.
        """
        sock = self._client.socket()
        if sock is None:
            raise self._ended()
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._client.want_write() else 0)
        self._selector.modify(sock, wanted)
        # What TLS has decrypted already, the selector cannot see.
        held = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        ready = {key.fileobj: mask for key, mask in self._selector.select(0 if held else timeout_s)}
        if self._wake_reader in ready:
            self.woken = True
            with contextlib.suppress(BlockingIOError):
                self._wake_reader.recv(4096)
        try:
            if held or ready.get(sock, 0) & selectors.EVENT_READ:
                self._client.loop_read()
            if ready.get(sock, 0) & selectors.EVENT_WRITE:
                self._client.loop_write()
            self._client.loop_misc()
        except Exception as error:
            # paho's parser raises all sorts of things on bytes that are no MQTT.
            raise Disconnected(
                f"{self._name}: sent what cannot be read as MQTT ({error}); check host and port"
            ) from error
        if self._client.socket() is None:
            raise self._ended()
        if self._in_flight and time.monotonic() - next(iter(self._in_flight.values())) > ACKNOWLEDGE_TIMEOUT_S:
            raise Disconnected(
                f"{self._name}: alive, but did not acknowledge a message for {ACKNOWLEDGE_TIMEOUT_S:.0f} s"
            )
        acks, self._acks = self._acks, []
        return acks

    def disconnect(self) -> None:
        """End it in good order: the broker does not publish the will."""
        if self._client.socket() is not None:
            self._client.disconnect()
        self.drop()

    def drop(self) -> None:
        """Close the connection at once; the broker then publishes the will."""
        self._selector.close()
        if (sock := self._client.socket()) is not None:
            sock.close()

    def _made(self, login: Login, will: tuple[str, bytes]) -> paho.Client:
        five = login.protocol == "5"
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            login.client_id,
            # Nothing is to be kept for this client at the broker: the journal is the memory.
            clean_session=None if five else True,
            protocol=paho.MQTTv5 if five else paho.MQTTv311,
            reconnect_on_failure=False,
        )
        client.username_pw_set(login.username, login.password)
        if login.tls is not None:
            client.tls_set_context(login.tls)
        client.will_set(*will, qos=_QOS, retain=True)
        client.connect_timeout = CONNECT_TIMEOUT_S
        # The window is kept here; in paho's own queue a message would be out of reach.
        client.max_inflight_messages_set(0)
        client.on_connect = self._on_connect
        client.on_publish = self._on_publish
        client.on_disconnect = self._on_disconnect
        return client

    def _connect(self, login: Login) -> None:
        end = time.monotonic() + CONNECT_TIMEOUT_S
        try:
            self._client.connect(login.host, login.port, login.keepalive_s)
        except (OSError, ValueError) as error:
            raise Disconnected(f"{self._name}: {_why(error)}") from error
        self._selector.register(self._client.socket(), selectors.EVENT_READ)  # type: ignore[arg-type]
        while not self._connected:
            if time.monotonic() > end:
                raise Disconnected(
                    f"{self._name}: connected, but no answer for {CONNECT_TIMEOUT_S:.0f} s; check that it runs"
                )
            self.wait(0.2)

    def _ended(self) -> Disconnected:
        if self._why is not None:
            return self._why
        if not self._connected:
            return Disconnected(f"{self._name}: closed the connection without an answer; check mqtt.port and mqtt.tls")
        return Disconnected(f"{self._name}: connection lost")

    def _refused_by_broker(self, what: str, reason: str) -> Disconnected:
        return Disconnected(f"{self._name}: {what} ({reason}){_ADVICE.get(reason, '')}", refused=reason in _ADVICE)

    def _on_connect(
        self,
        client: paho.Client,
        data: Any,
        flags: paho.ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._why = self._refused_by_broker("refuses this node", str(reason))
            return
        self._connected = True
        self._window = min(MAX_IN_FLIGHT, getattr(properties, "ReceiveMaximum", MAX_IN_FLIGHT))

    def _on_publish(
        self, client: paho.Client, data: Any, message: int, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._in_flight.pop(message, None)
        self._acks.append(Ack(message, str(reason) if reason.is_failure else ""))

    def _on_disconnect(
        self,
        client: paho.Client,
        data: Any,
        flags: paho.DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if self._why is None and flags.is_disconnect_packet_from_server:
            self._why = self._refused_by_broker("ended the connection", str(reason))
        elif self._why is None and str(reason) == "Keep alive timeout":
            self._why = Disconnected(f"{self._name}: silent for {self._keepalive_s} s and more, given up")


def _why(error: Exception) -> str:
    if isinstance(error, socket.gaierror):
        return "unknown host; check mqtt.host and the network's name server"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"TLS certificate not trusted ({error.verify_message}); check mqtt.host and mqtt.ca_file"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed ({error.reason}); check that mqtt.port is the broker's TLS port"
    if isinstance(error, ConnectionRefusedError):
        return "refused, nothing listens there; check that the broker runs, and mqtt.port"
    if isinstance(error, ConnectionResetError):
        return "closed the connection at once; check mqtt.port and mqtt.tls"
    if isinstance(error, TimeoutError):
        return f"no answer for {CONNECT_TIMEOUT_S:.0f} s; check the network and mqtt.host"
    return str(error)


_ADVICE = {
    "Not authorized": "; check mqtt.username and mqtt.password",
    "Bad user name or password": "; check mqtt.username and mqtt.password",
    "Unsupported protocol version": '; set mqtt.protocol: "3.1.1"',
    "Session taken over": "; another client has the same mqtt.client_id, give each its own",
    "Client identifier not valid": "; set another mqtt.client_id",
}

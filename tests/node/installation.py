"""A whole site with real servers: RTSP cameras behind networks that can fail, a broker, and the node as a process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cameras.sources.cameras import SYSTEM_PYTHON, Network, children_of
from tests.conftest import ROOT
from tests.free_port import free_port
from tests.node.mqtt.brokers import Broker, Subscriber, until

SERVER = Path(__file__).with_name("stream_server.py")


class StreamServer:
    """GStreamer's RTSP server with one camera for each stream."""

    def __init__(self, streams: Mapping[str, Path], rate: float = 4.0) -> None:
        self._streams, self._rate = streams, rate
        self.port = 0
        self.start()

    def start(self) -> None:
        cameras = [f"{name}={file}" for name, file in self._streams.items()]
        command = [SYSTEM_PYTHON, str(SERVER), "--port", str(self.port), "--rate", str(self._rate), *cameras]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the RTSP server did not start"
        self.port = int(line)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


class Installation:
    """Nine cameras or so, a broker with a subscriber, and a node; all end with the ``with`` block.

    Args:
        folder: for the site file, the node's state, its log and the broker.
        streams: file of each camera.
        site: the site file but for its sources, its broker and its API's port.
        rate: frames a second of the streams.
        environment: of the node, besides this process's own.
        source: settings of every source besides its address.
    """

    def __init__(
        self,
        folder: Path,
        streams: Mapping[str, Path],
        site: Mapping[str, Any],
        rate: float = 4.0,
        environment: Mapping[str, str] | None = None,
        source: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder, self.cameras = folder, tuple(streams)
        self.log = folder / "node.log"
        self.port = free_port()
        self._site, self._environment, self._source = site, dict(environment or {}), dict(source or {})
        self._ends = ExitStack()
        self.node: subprocess.Popen[bytes] | None = None
        try:
            self.server = StreamServer(streams, rate)
            self._ends.callback(lambda: self.server.kill())
            self.networks = {name: self._ends.enter_context(Network(self.server.port)) for name in streams}
            # With a memory: what it has acknowledged and not yet passed on is its own to keep.
            self.broker = Broker(folder, ("persistence true", f"persistence_location {folder}/")).start()
            self._ends.callback(self.broker.stop)
            self.subscriber = self._ends.enter_context(Subscriber(self.broker.port))
            self._write_site()
        except BaseException:
            self._ends.close()
            raise

    def __enter__(self) -> Installation:
        return self

    def __exit__(self, *_: object) -> None:
        with self._ends:
            if self.lives:
                self.stop()

    def start(self) -> None:
        """Start the node; returns at once."""
        command = [sys.executable, "-m", "lotwise", "run", str(self.folder / "site.yaml")]
        environment = os.environ | {"PYTHONFAULTHANDLER": "1"} | self._environment
        with self.log.open("ab") as log:
            self.node = subprocess.Popen(command, cwd=ROOT, stderr=log, stdout=log, env=environment)

    def kill(self) -> None:
        """kill -9."""
        assert self.node is not None
        self.node.kill()
        self.node.wait()

    def stop(self) -> int:
        """End it in order; its exit code. One that hangs is made to tell where."""
        assert self.node is not None
        self.node.terminate()
        try:
            return self.node.wait(90)
        except subprocess.TimeoutExpired:
            self.node.send_signal(signal.SIGABRT)
            self.node.wait()
            pytest.fail(f"the node does not end: {self.log.read_text(errors='replace')[-8000:]}")

    def broker_leaves(self) -> None:
        """The broker ends in order; ``broker.start()`` brings it back."""
        self.broker.signal(signal.SIGTERM)
        until(lambda: not listens(self.broker.port), "the broker has ended")

    @property
    def lives(self) -> bool:
        return self.node is not None and self.node.poll() is None

    def get(self, path: str) -> bytes:
        """The body of an answer of the node's API, whatever its code.

        Raises:
            OSError: nobody listens.
        """
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            return error.read()

    def status(self, path: str) -> int:
        """Of an answer; 0 where nobody listens."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def now(self) -> dict[str, Any]:
        """What the API says of the whole site."""
        return dict(json.loads(self.get("/api/v1/state")))

    def camera(self, name: str) -> dict[str, Any]:
        """What the API says of one camera."""
        return dict(json.loads(self.get(f"/api/v1/cameras/{name}")))

    def events(self, after: int = 0) -> list[dict[str, Any]]:
        """All events of the history after a number."""
        found: list[dict[str, Any]] = []
        while page := json.loads(self.get(f"/api/v1/events?after={after}&limit=1000")):
            found += page
            after = page[-1]["number"]
        return found

    def known(self, *cameras: str) -> bool:
        """Whether all slots of some cameras are free or occupied; of all cameras where none is given."""
        now = self.now()["cameras"]
        return all(now[name]["slots"] and not now[name]["counts"]["unknown"] for name in cameras or self.cameras)

    def ready(self, seconds: float = 90) -> None:
        """Wait until the API answers that the node is ready."""
        until(lambda: self.status("/readyz") == 200, f"ready; {self.said()}", seconds)

    def said(self) -> str:
        """The end of the node's log."""
        return self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""

    def children(self) -> list[int]:
        """Processes below the node."""
        assert self.node is not None
        return children_of(self.node.pid)

    def _write_site(self) -> None:
        cameras = {
            name: {"source": {"kind": "rtsp", "url": f"rtsp://127.0.0.1:{network.port}/{name}", **self._source}}
            for name, network in self.networks.items()
        }
        site = dict(self._site)
        for name, more in site.pop("cameras", {}).items():
            cameras[name] = cameras.get(name, {}) | more
        publish = {"mqtt": {"host": "127.0.0.1", "port": self.broker.port}, "api": {"port": self.port}}
        content = {"name": "lot", "cameras": cameras, "publish": publish} | site
        (self.folder / "site.yaml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def listens(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0

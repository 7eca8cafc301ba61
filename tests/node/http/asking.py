"""Asking a node's HTTP server over a real connection."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import HTTPSHandler, ProxyHandler, Request, build_opener

import cv2
import numpy as np

from lotwise.cameras.site.api import ApiSettings
from lotwise.datasets.frame import Image
from lotwise.node.http.served_node import ServedNode
from lotwise.node.http.server import ApiServer
from lotwise.node.serving.serving import Serving
from lotwise.node.slot_editing.edited_site import EditedSite


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def image(self) -> Image:
        return np.asarray(cv2.imdecode(np.frombuffer(self.body, np.uint8), cv2.IMREAD_COLOR), np.uint8)


@contextmanager
def served(
    node: ServedNode,
    base: Path = Path(),
    edited: EditedSite | None = None,
    serving: Serving | None = None,
    **settings: Any,
) -> Iterator[str]:
    """The URL at which this node is served while the block runs."""
    server = ApiServer(node, ApiSettings.model_validate({"port": 0, **settings}), base, edited, serving=serving)
    server.start()
    try:
        yield f"{'https' if 'key' in settings else 'http'}://127.0.0.1:{server.port}"
    finally:
        server.close()


def ask(
    url: str,
    headers: Mapping[str, str] | None = None,
    method: str = "GET",
    trust: ssl.SSLContext | None = None,
    body: Any = None,
) -> Reply:
    opener = build_opener(ProxyHandler({}), HTTPSHandler(context=trust))
    try:
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        with opener.open(Request(url, data, dict(headers or {}), method=method), timeout=60) as answer:
            return Reply(answer.status, answer.headers, answer.read())
    except HTTPError as error:
        return Reply(error.code, error.headers, error.read())


def hang(url: str, said: bytes = b"") -> socket.socket:
    """A client that says this and then nothing."""
    client = socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=60)
    client.sendall(said)
    return client


def cut_off(client: socket.socket) -> bool:
    """Whether the server ends this connection without a word; waits for it."""
    try:
        return client.recv(1) == b""
    except ConnectionResetError:
        return True

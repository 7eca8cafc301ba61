"""A node's requests, signed, over real HTTP."""

from __future__ import annotations

import hashlib
import http.client
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lotwise.node.hub.messages import TAKEN, WHY, CameraCard, CameraReport, Enrol, Report
from lotwise.node.hub.signing import Keys, fingerprint

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Answered:
    """Status, body as JSON where it is JSON, and headers."""

    status: int
    body: Any
    headers: dict[str, str]
    content: bytes = b""

    @property
    def error(self) -> str:
        return str(self.body["error"])


@dataclass
class SignedClient:
    """A node as a hub sees it."""

    port: int
    name: str = "north"
    keys: Keys = field(default_factory=lambda: Keys(Ed25519PrivateKey.generate()))

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.keys.public)

    def ask(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None, token: str | None = None
    ) -> Answered:
        """A request; ``token`` in place of the right one."""
        signed = token if token is not None else self.keys.token(method, path, hashlib.sha256(body).hexdigest())
        given = {"Authorization": f"Lotwise {signed}"} if signed else {}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body or None, given | (headers or {}))
            answer = connection.getresponse()
            content = answer.read()
            kind = answer.getheader("content-type", "")
            parsed = json.loads(content) if kind == "application/json" else None
            return Answered(
                answer.status, parsed, {name.lower(): value for name, value in answer.getheaders()}, content
            )
        finally:
            connection.close()

    def enrol(self, code: str = "") -> Answered:
        asked = Enrol(name=self.name, key=self.keys.public, code=code)
        return self.ask("POST", "/v1/enrol", asked.model_dump_json().encode())

    def report(self, cameras: dict[str, CameraReport], cards: dict[str, CameraCard] | None = None) -> Answered:
        said = Report(time=NOON, cameras=cameras, cards=cards or {}, frames_allowed=True, bytes_left=10**9)
        return self.ask("POST", "/v1/report", said.model_dump_json().encode())

    def send(self, camera: str, jpeg: bytes, taken: datetime = NOON, **headers: str) -> Answered:
        digest = hashlib.sha256(jpeg).hexdigest()
        given = {TAKEN: taken.isoformat(), WHY: "new light, many faint boxes"} | headers
        return self.ask("PUT", f"/v1/frames/{camera}/{digest}", jpeg, given)


def jpeg_of(seed: int = 0, width: int = 64, height: int = 48) -> bytes:
    """A small JPEG of noise."""
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", pixels)[1].tobytes())

"""Simulated nodes: real keys, real signed requests over loopback, one thread each."""

from __future__ import annotations

import hashlib
import http.client
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cv2
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.node.hub.messages import TAKEN, WHY, CameraCard, CameraReport, Enrol, Report
from lotwise.node.hub.signing import Keys

TRIES = 20
"""Times that a request is sent at most while the hub says to come again."""


@dataclass(frozen=True)
class Request:
    """One request and its answer.

    Attributes:
        kind: ``enrol``, ``report`` or ``frame``; ``lost`` where all tries of one were in vain.
        at: seconds since the start of the load.
        took: seconds until the whole answer was here.
        status: of the answer; 0 where there was none.
    """

    kind: str
    at: float
    took: float
    status: int


@dataclass(frozen=True)
class Load:
    """What each node does.

    Attributes:
        port: of the hub.
        code: that accepts nodes at once.
        cameras, slots: of a node, of a camera.
        report_s: seconds between two reports.
        frame_s: seconds between two frames.
        frame_kb: of a frame, about.
        end: ``time.monotonic()`` at which it ends.
        begin: the same of its start.
    """

    port: int
    code: str
    cameras: int
    slots: int
    report_s: float
    frame_s: float
    frame_kb: float
    begin: float
    end: float


class SimulatedNode(threading.Thread):
    """A node that enrols, reports and sends frames until the load ends.

    Args:
        number: of the node.
        load: what it does.
        told: given each request.
    """

    def __init__(self, number: int, load: Load, told: Callable[[Request], None]) -> None:
        super().__init__(name=f"node {number}", daemon=True)
        self._load, self._told, self._number = load, told, number
        self._keys, self._chance = Keys(Ed25519PrivateKey.generate()), random.Random(number)
        self._card = CameraCard(slots=tuple(map(_slot, range(load.slots))), masks=(), ignored=())

    def run(self) -> None:
        """All of its life."""
        load, chance = self._load, self._chance
        asked = Enrol(name=f"node {self._number}", key=self._keys.public, code=load.code)
        time.sleep(chance.uniform(0, load.report_s))
        self._ask("enrol", "POST", "/v1/enrol", asked.model_dump_json().encode())
        self._report(cards=True)
        now = time.monotonic()
        report_at, frame_at = now + load.report_s, now + chance.uniform(0, load.frame_s)
        while (next_at := min(report_at, frame_at)) < load.end:
            time.sleep(max(0.0, next_at - time.monotonic()))
            if next_at == report_at:
                self._report()
                report_at = time.monotonic() + load.report_s  # as a node does: a report tells how it is now
            else:
                self._frame()
                frame_at += load.frame_s

    def _report(self, cards: bool = False) -> None:
        said = {
            f"C{number}": CameraReport(
                card=self._card.stamp, verdict="good", accuracy=0.97, low=0.95, high=0.99, view="good",
                free=self._chance.randrange(self._load.slots), live="0123456789abcdef", new_frames=3,
                reasons=(), refused={}, states="".join(self._chance.choices("fo", k=self._load.slots)),
            )
            for number in range(1, self._load.cameras + 1)
        }  # fmt: skip
        known = {name: self._card for name in said} if cards else {}
        report = Report(time=datetime.now(UTC), cameras=said, cards=known, frames_allowed=True, bytes_left=10**7)
        self._ask("report", "POST", "/v1/report", report.model_dump_json().encode())

    def _frame(self) -> None:
        jpeg = _jpeg(self._load.frame_kb, self._chance.randrange(2**32))
        path = f"/v1/frames/C1/{hashlib.sha256(jpeg).hexdigest()}"
        self._ask("frame", "PUT", path, jpeg, {TAKEN: datetime.now(UTC).isoformat(), WHY: "new light"})

    def _ask(self, kind: str, method: str, path: str, body: bytes, headers: dict[str, str] | None = None) -> Any:
        """Ask until the hub has done it; each try is told."""
        for _ in range(TRIES):
            token = self._keys.token(method, path, hashlib.sha256(body).hexdigest())
            begin, status, again, answer = time.monotonic(), 0, 1.0, b""
            # A connection of its own, with which a node that reports every ten seconds begins anyway.
            line = http.client.HTTPConnection("127.0.0.1", self._load.port, timeout=120)
            try:
                line.request(method, path, body, {"Authorization": f"Lotwise {token}"} | (headers or {}))
                got = line.getresponse()
                answer, status = got.read(), got.status
                again = float(got.headers.get("Retry-After", 1))
            except (OSError, http.client.HTTPException):
                pass  # told as status 0, and tried again
            finally:
                line.close()
            self._told(Request(kind, begin - self._load.begin, time.monotonic() - begin, status))
            if status == 200:
                return json.loads(answer)
            time.sleep(again)
        self._told(Request("lost", time.monotonic() - self._load.begin, 0.0, 0))
        return None


def _slot(index: int) -> SlotShape:
    left = (index % 10) / 10
    top = (index // 10) / 10
    corners = ((left, top), (left + 0.08, top), (left + 0.08, top + 0.08), (left, top + 0.08))
    return SlotShape(id=f"A{index}", polygon=corners)


def _jpeg(kb: float, seed: int) -> bytes:
    """A JPEG of noise of about so many kB."""
    side = max(16, int((kb * 1000 / 1.2) ** 0.5))
    pixels = np.random.default_rng(seed).integers(0, 255, (side, side, 3), np.uint8)
    return bytes(cv2.imencode(".jpg", pixels)[1].tobytes())

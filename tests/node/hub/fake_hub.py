"""A small hub over real HTTP on loopback, that checks signatures, keeps what it gets, and fails as it is told to."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from lotwise.cameras.detection.bundle import sha256
from lotwise.node.hub.messages import (
    CameraCard,
    Enrol,
    Enrolled,
    FrameList,
    FrameTaken,
    How,
    Message,
    Offer,
    OfferedFile,
    Orders,
    Refused,
    Report,
    offer_text,
)
from lotwise.node.hub.signing import Keys, check_token, own_keys


@dataclass
class Failure:
    """What the hub answers instead, to a path that begins so."""

    path: str
    status: int
    error: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    times: int = 1


class FakeHub:
    """Accepts every node unless ``state`` says otherwise.

    Attributes:
        orders: the answer to reports.
        failures: what goes wrong next.
        cut_after: bytes of the next file after which the connection is cut.
        taken: bodies of frames that were put, in order; ``frames`` what is known.
    """

    def __init__(self, folder: Path, port: int = 0, context: ssl.SSLContext | None = None) -> None:
        self.keys: Keys = own_keys(folder / "hub.pem")
        self.state, self.what_to_do, self.again_s = "accepted", "", 1.0
        self.orders = Orders(again_s=1)
        self.failures: list[Failure] = []
        self.cut_after: int | None = None
        self.cut_while_taking = False
        self.node_key = ""
        self.enrolled: list[Enrol] = []
        self.reports: list[Report] = []
        self.cards: dict[str, CameraCard] = {}
        self.frames: dict[str, bytes] = {}
        self.taken: list[str] = []
        self.about: dict[str, tuple[str, str, str]] = {}
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self.server.daemon_threads = True
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'http' if context is None else 'https'}://127.0.0.1:{self.port}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def offer(
        self, bundle: Path, identity: str, camera: str = "C1", how: How = "live", keys: Keys | None = None
    ) -> Offer:
        """An offer of the bundle in a folder, whose files are served from then on."""
        names = sorted(path.name for path in bundle.iterdir() if path.is_file())
        files = tuple(
            OfferedFile(name=name, bytes=(bundle / name).stat().st_size, sha256=sha256(bundle / name)) for name in names
        )
        for name in names:
            self.files[f"/v1/bundles/{identity}/{name}"] = (bundle / name).read_bytes()
        text = offer_text(camera, identity, "student", how, files)
        return Offer(
            camera=camera, identity=identity, role="student", how=how, files=files, why="eight frames",
            signature=(keys or self.keys).sign(text),
        )  # fmt: skip

    def answer(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Message | bytes:
        match method, path.split("/")[2:]:
            case "POST", ["enrol"]:
                enrol = Enrol.model_validate_json(body)
                self.enrolled.append(enrol)
                self.node_key = enrol.key
                return Enrolled(state=self.state, what_to_do=self.what_to_do, hub_key=self.keys.public)  # type: ignore[arg-type]
            case "POST", ["report"]:
                report = Report.model_validate_json(body)
                self.reports.append(report)
                self.cards |= report.cards
                return self.orders
            case "POST", ["frames", "known"]:
                asked = FrameList.model_validate_json(body).frames
                return FrameList(frames=tuple(one for one in asked if one in self.frames))
            case "PUT", ["frames", camera, digest]:
                assert hashlib.sha256(body).hexdigest() == digest
                new = digest not in self.frames
                self.frames[digest] = body
                self.taken.append(digest)
                self.about[digest] = (camera, headers["Lotwise-Taken"], headers["Lotwise-Why"])
                return FrameTaken(new=new)
            case "GET", ["bundles", _, _] if path in self.files:
                return self.files[path]
        raise LookupError(path)


def _handler(hub: FakeHub) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            hub.asked.append((self.command, self.path, self.headers.get("Range", "")))
            failure = next((one for one in hub.failures if self.path.startswith(one.path)), None)
            if failure is not None:
                failure.times -= 1
                if not failure.times:
                    hub.failures.remove(failure)
                said = Refused(error=failure.error).model_dump_json().encode() if failure.error else b"<html>"
                self._say(failure.status, said if failure.body is None else failure.body, failure.headers)
                return
            if self.path == "/v1/enrol":
                hub.node_key = json.loads(body)["key"]
            scheme, _, token = self.headers["Authorization"].partition(" ")
            assert scheme == "Lotwise"
            check_token(token, hub.node_key, self.command, self.path, hashlib.sha256(body).hexdigest())
            try:
                answer = hub.answer(self.command, self.path, body, self.headers)
            except LookupError:
                self._say(404, Refused(error="no such bundle; it was withdrawn").model_dump_json().encode(), {})
                return
            if hub.cut_while_taking and self.command == "PUT":
                hub.cut_while_taking = False
                self.close_connection = True
                return  # it has the frame, and the node never hears of that
            if isinstance(answer, bytes):
                self._give(answer)
            else:
                self._say(200, answer.model_dump_json().encode(), {})

        do_GET = do_PUT = do_POST

        def _give(self, content: bytes) -> None:
            given = self.headers.get("Range")
            start = int(given.removeprefix("bytes=").rstrip("-")) if given else 0
            if start > len(content):
                self._say(416, Refused(error="it ends before that").model_dump_json().encode(), {})
                return
            self.send_response(206 if given else 200)
            if given:
                self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
            self.send_header("Content-Length", str(len(content) - start))
            self.end_headers()
            cut, hub.cut_after = hub.cut_after, None
            self.wfile.write(content[start:] if cut is None else content[start : start + cut])
            self.close_connection = True

        def _say(self, status: int, body: bytes, headers: Mapping[str, Any]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    return Handler

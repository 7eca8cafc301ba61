"""Frames come in whole or not at all, once, within limits; and nothing of what was refused stays on the disk."""

import hashlib
import http.client
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.hub import frame_intake
from lotwise.hub.database.frames import frames_of
from lotwise.hub.store.remote import RemoteStore
from lotwise.hub.store.store import StoreFailed
from tests.hub.http.conftest import Serve, Served
from tests.hub.signed_client import NOON, SignedClient, jpeg_of


def files(served: Served) -> list[Path]:
    """Files of frames, whole or in part."""
    data = served.hub.folders
    return [path for folder in (data.data / "frames", data.uploads) for path in folder.rglob("*") if path.is_file()]


def test_a_frame_is_kept_once_with_what_its_node_says_of_it(serve: Serve) -> None:
    served = serve()
    north, jpeg = served.accepted(), jpeg_of()
    digest = hashlib.sha256(jpeg).hexdigest()
    assert north.send("C1", jpeg).body == {"new": True}
    assert north.send("C1", jpeg).body == {"new": False}
    assert served.hub.folders.frame(north.fingerprint, "C1", digest).read_bytes() == jpeg
    assert len(files(served)) == 1
    with served.hub.database.reading() as session:
        (row,) = frames_of(session, north.fingerprint, "C1")
        assert (row.taken, row.why, row.bytes) == (NOON, ["new light", "many faint boxes"], len(jpeg))
    asked = f'{{"frames": ["{"0" * 64}", "{digest}"]}}'.encode()
    assert north.ask("POST", "/v1/frames/known", asked).body == {"frames": [digest]}


def test_nobody_sees_what_another_node_has_sent(serve: Serve) -> None:
    served = serve()
    north, south, jpeg = served.accepted("north"), served.accepted("south"), jpeg_of()
    north.send("C1", jpeg)
    asked = f'{{"frames": ["{hashlib.sha256(jpeg).hexdigest()}"]}}'.encode()
    assert south.ask("POST", "/v1/frames/known", asked).body == {"frames": []}
    assert south.send("C1", jpeg).body == {"new": True}


def test_what_is_no_frame_is_refused_and_leaves_nothing(serve: Serve) -> None:
    served = serve("limits: {frame_mb: 0.1, frame_megapixels: 0.01}\n")
    north, jpeg = served.accepted(), jpeg_of()
    half = jpeg[: len(jpeg) // 2]
    ahead = datetime.now(UTC) + timedelta(days=3)
    cases = [
        (north.send("C1", b"no picture"), 422, "must be a JPEG"),
        (north.send("C1", half), 422, "truncated"),
        (north.send("C1", jpeg_of(width=200, height=100)), 422, "pixels"),
        (north.send("C1", b"\xff\xd8" + bytes(200_000)), 413, "100000 bytes at most"),
        (north.send("C1", jpeg, taken=ahead), 422, "in the future"),
        (north.send("C1", jpeg, taken=NOON.replace(tzinfo=None)), 422, "ISO 8601 with offset"),
        (north.send("C9", jpeg), 422, "has told of no camera 'C9' yet"),
        (north.ask("PUT", f"/v1/frames/C1/{'0' * 64}", jpeg), 400, "SHA-256 of its content"),
        (north.ask("PUT", "/v1/frames/..%2F..%2Fx/short", jpeg), 404, "no such path"),
    ]
    for answer, status, why in cases:
        assert (answer.status, why in answer.error) == (status, True), (answer, why)
    assert files(served) == []


def test_a_body_that_is_not_what_its_token_says_is_refused(serve: Serve) -> None:
    served = serve()
    north, jpeg = served.accepted(), jpeg_of()
    digest = hashlib.sha256(jpeg).hexdigest()
    path = f"/v1/frames/C1/{digest}"
    token = north.keys.token("PUT", path, digest)
    turned = bytes([*jpeg[:100], jpeg[100] ^ 1, *jpeg[101:]])
    answer = north.ask("PUT", path, turned, {"Lotwise-Taken": NOON.isoformat()}, token)
    assert answer.status == 422 and "not the one that its name says" in answer.error
    assert files(served) == []


def test_an_upload_that_breaks_off_leaves_nothing(serve: Serve) -> None:
    served = serve()
    north, jpeg = served.accepted(), jpeg_of(width=640, height=480)
    digest = hashlib.sha256(jpeg).hexdigest()
    path = f"/v1/frames/C1/{digest}"
    with socket.create_connection(("127.0.0.1", served.port), timeout=60) as line:
        head = (
            f"PUT {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Lotwise {north.keys.token('PUT', path, digest)}\r\n"
            f"Lotwise-Taken: {NOON.isoformat()}\r\nContent-Length: {len(jpeg)}\r\n\r\n"
        )
        line.sendall(head.encode() + jpeg[: len(jpeg) // 2])
    assert north.send("C1", jpeg).body == {"new": True}  # the same frame, sent anew
    deadline = datetime.now(UTC) + timedelta(seconds=60)
    while len(files(served)) > 1 and datetime.now(UTC) < deadline:
        north.ask("GET", "/healthz")
    assert len(files(served)) == 1


def test_a_request_must_say_how_long_it_is(serve: Serve) -> None:
    north = serve().accepted()
    digest = "0" * 64
    path = f"/v1/frames/C1/{digest}"
    connection = http.client.HTTPConnection("127.0.0.1", north.port, timeout=60)
    headers = {"Authorization": f"Lotwise {north.keys.token('PUT', path, digest)}"}
    connection.request("PUT", path, iter([b"a", b"b"]), headers, encode_chunked=True)
    assert connection.getresponse().status == 411
    connection.close()


def test_a_quota_is_kept_and_says_when_to_come_again(serve: Serve) -> None:
    first, second = jpeg_of(1), jpeg_of(2)
    served = serve(f"limits: {{node_mb: {(len(first) + 10) / 1e6}}}\n")
    north = served.accepted()
    assert north.send("C1", first).status == 200
    full = north.send("C1", second)
    assert full.status == 507 and "this node's frames take" in full.error
    assert int(full.headers["retry-after"]) > 3600
    assert north.send("C1", first).body == {"new": False}  # known ones need no room


def test_a_full_disk_takes_nothing_and_is_told_once(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    served = serve("limits: {free_mb: 1000000000}\n")
    monkeypatch.setattr(frame_intake, "_told_full", [-1000.0])
    north = served.accepted()
    for seed in (1, 2):
        answer = north.send("C1", jpeg_of(seed))
        assert answer.status == 507 and "disk is full" in answer.error
    assert [record.getMessage() for record in caplog.records if "no room for frames" in record.getMessage()] == [
        f"{served.hub.folders.data}: no room for frames; make room, nodes keep theirs meanwhile"
    ]
    assert files(served) == []


def test_a_disk_that_fills_up_meanwhile_leaves_nothing(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve()
    north: SignedClient = served.accepted()

    def full(self: frame_intake.Receiving, part: bytes) -> None:
        raise frame_intake._full(served.hub, OSError(28, "No space left on device"))

    monkeypatch.setattr(frame_intake.Receiving, "write", full)
    assert north.send("C1", jpeg_of()).status == 507
    assert files(served) == []


def test_a_store_that_is_away_keeps_the_frame_at_its_node(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    served = serve("store: {url: 'memory://away'}\n")
    north = served.accepted()

    def away(self: object, key: str, file: Path) -> None:
        raise StoreFailed("memory://away: cannot connect")

    with monkeypatch.context() as patch:
        patch.setattr(RemoteStore, "put", away)
        refused = north.send("C1", jpeg_of())
    assert refused.status == 507 and "store cannot be used now" in refused.error
    assert files(served) == []
    assert north.send("C1", jpeg_of()).body == {"new": True}
    (kept,) = served.hub.store.files("frames")
    assert kept.key.startswith(f"frames/{north.fingerprint}/C1/")

"""Snapshot and MJPEG cameras through a real HTTP server that behaves well, or not."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from lotwise.cameras.site.sources import MjpegSettings, SnapshotSettings
from tests.cameras.sources.cameras import QUICK, Viewer, children_of, cmdline, until
from tests.cameras.sources.http_server import BOUNDARY, LOGIN, Handler, HttpCamera, jpeg


def snapshot(url: str, **more: object) -> SnapshotSettings:
    return SnapshotSettings.model_validate({"kind": "snapshot", "url": url} | QUICK | more)


def mjpeg(url: str, **more: object) -> MjpegSettings:
    return MjpegSettings.model_validate({"kind": "mjpeg", "url": url} | QUICK | more)


def endless(camera: Handler, with_length: bool = True, dashes: str = "--", boundary: str = BOUNDARY) -> None:
    """Pictures of rising grey, twenty a second."""
    camera.begin(boundary)
    for number in itertools.count():
        camera.part(jpeg(20 + number % 200), with_length, dashes)
        if camera.owner.closed.wait(0.05):
            return


@pytest.mark.parametrize("login", ["", "basic", "digest"])
@pytest.mark.parametrize("kind", [snapshot, mjpeg])
def test_pictures_arrive(kind: Callable[..., SnapshotSettings], login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", LOGIN[1])
    account = {"username": LOGIN[0], "password": {"env": "CAMERA_PASSWORD"}} if login else {}
    answer = endless if kind is mjpeg else lambda camera: camera.reply(jpeg(90))
    with HttpCamera(answer, login) as camera, Viewer(kind(camera.url, **account)) as viewer:
        first, second = viewer.frame(), viewer.frame()
        for pid in children_of():
            assert LOGIN[1].encode() not in cmdline(pid) + (Path("/proc") / str(pid) / "environ").read_bytes()
    assert first.image.shape == (120, 160, 3)
    assert second.number > first.number
    if kind is snapshot:
        assert abs(first.image.mean() - 90) < 2
    else:
        assert second.image.mean() > first.image.mean()


@pytest.mark.parametrize(
    ("with_length", "dashes", "boundary"),
    [
        (False, "--", BOUNDARY),  # the picture ends where the next boundary begins
        (True, "--", "--" + BOUNDARY),  # the dashes are in the header too, as many cameras do
        (False, "", BOUNDARY),  # and some leave them out
        (True, "--", f'"{BOUNDARY}"'),
    ],
)
def test_dialects_of_multipart(with_length: bool, dashes: str, boundary: str) -> None:
    def answer(camera: Handler) -> None:
        endless(camera, with_length, dashes, boundary)

    with HttpCamera(answer) as camera, Viewer(mjpeg(camera.url)) as viewer:
        assert viewer.frame().image.shape == (120, 160, 3)
        assert viewer.frame().image.shape == (120, 160, 3)


def test_password_within_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", "a&b c")
    paths = []

    def answer(camera: Handler) -> None:
        paths.append(camera.path)
        camera.reply(jpeg(90))

    with HttpCamera(answer) as camera:
        account = {"username": "me", "password": {"env": "CAMERA_PASSWORD"}}
        with Viewer(snapshot(camera.url + "?user={username}&pwd={password}", **account)) as viewer:
            viewer.frame()
    assert paths[0] == "/picture?user=me&pwd=a%26b%20c"


def page(camera: Handler) -> None:
    camera.reply(b"<html>please log in</html>", "text/html")


def missing(camera: Handler) -> None:
    camera.reply(b"", status=404)


def forbidden(camera: Handler) -> None:
    camera.reply(b"", status=401)


def broken(camera: Handler) -> None:
    camera.reply(b"", status=503)


def cut(camera: Handler) -> None:
    camera.reply(jpeg(90)[:-500])


def closed_early(camera: Handler) -> None:
    camera.reply(jpeg(90)[:-500], length=len(jpeg(90)))


def huge(camera: Handler) -> None:
    camera.reply(jpeg(90, 640, 480))


def silent(camera: Handler) -> None:
    camera.owner.closed.wait(10)


def dripping(camera: Handler) -> None:
    camera.send_response(200)
    camera.end_headers()
    for byte in jpeg(90):
        camera.wfile.write(bytes([byte]))
        if camera.owner.closed.wait(0.05):
            return


def endless_huge(camera: Handler) -> None:
    camera.begin()
    camera.part(jpeg(90, 640, 480), with_length=False)
    camera.owner.closed.wait(10)


def nonsense(camera: Handler) -> None:
    camera.wfile.write(b"220 ftp ready\r\n")


@pytest.mark.parametrize(
    ("settings", "answer", "why"),
    [
        (snapshot, page, "the camera sends text/html"),
        (snapshot, missing, "no such path (status 404)"),
        (snapshot, forbidden, "refuses this username and password (status 401)"),
        (snapshot, broken, "status 503"),
        (snapshot, cut, "cut short"),
        (snapshot, closed_early, "cut short"),
        (snapshot, huge, "larger than max_bytes (10000)"),
        (snapshot, silent, "answer"),  # "does not answer in time" or "no answer in 2 s": whichever notices first
        (snapshot, dripping, "answer"),
        (snapshot, nonsense, "no HTTP"),
        (mjpeg, page, "sends text/html"),
        (mjpeg, missing, "no such path (status 404)"),
        (mjpeg, lambda camera: camera.reply(jpeg(90)), "a single picture is a snapshot"),
        (mjpeg, endless_huge, "larger than max_bytes (10000)"),
        (mjpeg, lambda camera: camera.begin(), "ended the stream"),
    ],
)
def test_why_it_is_down(settings: Callable[..., SnapshotSettings], answer: Callable[[Handler], None], why: str) -> None:
    with HttpCamera(answer) as camera, Viewer(settings(camera.url, max_bytes=10_000)) as viewer:
        until(lambda: why in viewer.source.health().why.removeprefix("connecting"), what=why)
        health = viewer.source.health()
    assert health.state == "down"
    assert health.frames == 0


def test_cut_pictures_in_between_are_counted_and_not_given() -> None:
    def answer(camera: Handler) -> None:
        camera.begin()
        for number in itertools.count():
            picture = jpeg(200 if number % 2 else 50)
            # The cut one has an end mark, as a camera writes that was interrupted: only decoding tells.
            camera.part(picture if number % 2 == 0 else picture[: len(picture) // 2] + b"\xff\xd9")
            if camera.owner.closed.wait(0.03):
                return

    with HttpCamera(answer) as camera, Viewer(mjpeg(camera.url)) as viewer:
        means = [viewer.frame().image.mean() for _ in range(6)]
    assert max(means) < 60


def test_snapshot_is_asked_once_a_period_and_gets_stale() -> None:
    with HttpCamera(lambda camera: camera.reply(jpeg(90))) as camera, Viewer(snapshot(camera.url), 0.5) as viewer:
        for _ in range(3):
            viewer.frame()
        assert camera.requests <= 5
        camera.answer = silent
        viewer.becomes("stale")
        viewer.becomes("down")
        camera.answer = lambda handler: handler.reply(jpeg(120))
        viewer.becomes("live")
        assert abs(viewer.frame().image.mean() - 120) < 2


def test_wrong_password_is_not_tried_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cameras lock an account after some wrong passwords."""
    monkeypatch.setenv("CAMERA_PASSWORD", "wrong")
    account = {"username": LOGIN[0], "password": {"env": "CAMERA_PASSWORD"}, "backoff": {"first_s": 0.01, "cap_s": 60}}
    with HttpCamera(page, "basic") as camera, Viewer(snapshot(camera.url, **account)) as viewer:
        until(lambda: "refuses" in viewer.source.health().why)
        assert viewer.source.health().reconnects == 0
        assert camera.requests <= 2  # once without and once with the password

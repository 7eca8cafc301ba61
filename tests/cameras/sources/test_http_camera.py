"""Snapshot and MJPEG cameras through a real HTTP server that behaves well, or not."""

from __future__ import annotations

import itertools
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.sources import MjpegSettings, SnapshotSettings
from lotwise.datasets.images import read_image
from tests.cameras.sources.cameras import Viewer, children_of, cmdline, too_large_png, until
from tests.cameras.sources.http_server import BOUNDARY, LOGIN, OFFERS, Handler, HttpCamera, jpeg
from tests.cameras.sources.http_settings import account, mjpeg, snapshot


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
    given = account(monkeypatch) if login else {}
    answer = endless if kind is mjpeg else lambda camera: camera.reply(jpeg(90))
    with HttpCamera(answer, login) as camera, Viewer(kind(camera.url, **given)) as viewer:
        first, second = viewer.frame(), viewer.frame()
        for pid in children_of():
            shown = cmdline(pid)
            with suppress(ProcessLookupError, FileNotFoundError):  # one of another test may end at any moment
                shown += (Path("/proc") / str(pid) / "environ").read_bytes()
            assert LOGIN[1].encode() not in shown
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


@pytest.mark.parametrize("login", [name for name in OFFERS if name != "negotiate"])
def test_every_way_to_log_in(login: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        HttpCamera(lambda camera: camera.reply(jpeg(90)), login) as camera,
        Viewer(snapshot(camera.url + "?channel=1&x=a%20b", **account(monkeypatch))) as viewer,
    ):
        assert viewer.frame().image.shape == (120, 160, 3)
        assert camera.wrong_logins == 0  # and the password was never sent in the clear where Digest is offered


@pytest.mark.parametrize("login", ["basic", "digest", "digest sha-256 and md5", "basic before digest"])
@pytest.mark.parametrize("kind", [snapshot, mjpeg])
def test_a_wrong_password_is_one_wrong_login(
    kind: Callable[..., SnapshotSettings], login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cameras lock an account after some wrong passwords."""
    with HttpCamera(page, login) as camera, Viewer(kind(camera.url, **account(monkeypatch, "wrong"))) as viewer:
        until(lambda: "refuses" in viewer.source.health().why)
        assert viewer.source.health().reconnects == 0
        assert (camera.requests, camera.wrong_logins) == (2, 1)  # once without and once with the password


def test_a_camera_that_offers_no_way_that_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpCamera(page, "negotiate") as camera, Viewer(snapshot(camera.url, **account(monkeypatch))) as viewer:
        until(lambda: "by negotiate, ntlm only; set it to Digest or Basic" in viewer.source.health().why)


@pytest.mark.parametrize("padding", [96, 600])
@pytest.mark.parametrize("kind", [snapshot, mjpeg])
def test_bytes_behind_the_end_mark_are_left_out(kind: Callable[..., SnapshotSettings], padding: int) -> None:
    def answer(camera: Handler) -> None:
        picture = jpeg(90) + bytes(padding)
        if kind is snapshot:
            camera.reply(picture)
            return
        camera.begin()
        while not camera.owner.closed.wait(0.03):
            camera.part(picture)

    with HttpCamera(answer) as camera, Viewer(kind(camera.url)) as viewer:
        assert abs(viewer.frame().image.mean() - 90) < 2
        assert abs(viewer.frame().image.mean() - 90) < 2


def announced_otherwise(camera: Handler, picture: bytes) -> None:
    camera.part(picture, boundary="another")


def length_too_short(camera: Handler, picture: bytes) -> None:
    camera.part(picture, length=len(picture) - 40)


def length_too_long(camera: Handler, picture: bytes) -> None:
    camera.part(picture, length=len(picture) + 700)


def no_part_header(camera: Handler, picture: bytes) -> None:
    camera.wfile.write(b"--frame--7\r\n\r\n" + picture)


def pictures_alone(camera: Handler, picture: bytes) -> None:
    camera.wfile.write(picture)


def blank_before(camera: Handler, picture: bytes) -> None:
    camera.part(b"\r\n\0\0  " + picture)


def with_thumbnail(camera: Handler, picture: bytes) -> None:
    """A picture within a comment of the picture: its end mark is not the picture's own."""
    small = jpeg(10, 32, 24)
    camera.part(picture[:2] + b"\xff\xfe" + (len(small) + 2).to_bytes(2, "big") + small + picture[2:])


def byte_by_byte(camera: Handler, picture: bytes) -> None:
    for at in range(0, len(picture), 7):
        camera.wfile.write(picture[at : at + 7])
        camera.wfile.flush()


@pytest.mark.parametrize(
    "send",
    [
        announced_otherwise, length_too_short, length_too_long, no_part_header, pictures_alone, blank_before,
        with_thumbnail, byte_by_byte,
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "content_type", ["multipart/x-mixed-replace; boundary=frame--7", "multipart/mixed", "video/x-jpeg"]
)
def test_pictures_are_found_whatever_is_written_around_them(
    send: Callable[[Handler, bytes], None], content_type: str
) -> None:
    def answer(camera: Handler) -> None:
        camera.begin(content_type=content_type)
        for number in itertools.count():
            send(camera, jpeg(60 + 20 * (number % 5)))
            camera.wfile.flush()
            if camera.owner.closed.wait(0.03):
                return

    with HttpCamera(answer) as camera, Viewer(mjpeg(camera.url)) as viewer:
        means = [viewer.frame().image.mean() for _ in range(4)]
    # Every picture is one that was sent, and not a mixture or a thumbnail.
    assert all(min(abs(mean - 60 - 20 * step) for step in range(5)) < 2 for mean in means)


def exif_jpeg(orientation: int) -> bytes:
    """A picture of 160x120, dark in its upper left quarter as stored."""
    image = np.full((120, 160, 3), 200, np.uint8)
    image[:60, :80] = 20
    good, data = cv2.imencode(".jpg", image)
    assert good
    tags = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0" + bytes([orientation, 0, 0, 0]) + bytes(4)
    return data.tobytes()[:2] + b"\xff\xe1" + (len(tags) + 2).to_bytes(2, "big") + tags + data.tobytes()[2:]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [snapshot, mjpeg])
def test_node_and_folder_reader_turn_a_picture_alike(
    kind: Callable[..., SnapshotSettings], orientation: int, tmp_path: Path
) -> None:
    picture = exif_jpeg(orientation)
    (tmp_path / "a.jpg").write_bytes(picture)
    expected = read_image(tmp_path / "a.jpg")
    assert expected.shape == ((120, 160, 3) if orientation < 5 else (160, 120, 3))

    def answer(camera: Handler) -> None:
        if kind is snapshot:
            camera.reply(picture)
            return
        camera.begin()
        while not camera.owner.closed.wait(0.03):
            camera.part(picture)

    with HttpCamera(answer) as camera, Viewer(kind(camera.url)) as viewer:
        shown = viewer.frame().image
    assert shown.shape == expected.shape
    assert np.abs(shown.astype(int) - expected).mean() < 2


def claiming(side: int, suffix: str) -> bytes:
    """A small picture whose header claims so many pixels a side."""
    good, data = cv2.imencode(suffix, np.full((120, 160, 3), 90, np.uint8))
    assert good
    picture = bytearray(data.tobytes())
    if suffix == ".png":
        picture[16:24] = side.to_bytes(4, "big") * 2
        picture[29:33] = zlib.crc32(picture[12:29]).to_bytes(4, "big")
    else:
        at = picture.index(b"\xff\xc0") + 5
        picture[at : at + 4] = side.to_bytes(2, "big") * 2
    return bytes(picture)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_a_picture_that_claims_too_many_pixels_is_refused(suffix: str) -> None:
    with (
        HttpCamera(lambda camera: camera.reply(claiming(40_000, suffix))) as camera,
        Viewer(snapshot(camera.url)) as viewer,
    ):
        until(lambda: "claims 40000 x 40000 pixels" in viewer.source.health().why)


def test_a_huge_picture_in_between_does_not_end_the_stream() -> None:
    def answer(camera: Handler) -> None:
        camera.begin()
        for number in itertools.count():
            camera.part(claiming(12_000, ".jpg") if number % 2 else jpeg(90))
            if camera.owner.closed.wait(0.03):
                return

    with HttpCamera(answer) as camera, Viewer(mjpeg(camera.url, restart_s=60)) as viewer:
        assert {viewer.frame().image.shape for _ in range(4)} == {(120, 160, 3)}
        assert viewer.source.health().reconnects == 0


@pytest.mark.parametrize("kind", [snapshot, mjpeg])
def test_a_whole_picture_of_too_many_pixels_is_left_out_and_the_next_one_is_given(
    kind: Callable[..., SnapshotSettings | MjpegSettings],
) -> None:
    large, asked = too_large_png(), itertools.count()

    def answer(camera: Handler) -> None:
        if kind is snapshot:
            camera.reply(large if next(asked) % 2 else jpeg(90))
            return
        camera.begin()
        for number in itertools.count():
            camera.part(large if number % 2 else jpeg(90))
            if camera.owner.closed.wait(0.03):
                return

    with HttpCamera(answer) as camera, Viewer(kind(camera.url, restart_s=60)) as viewer:
        assert {viewer.frame().image.shape for _ in range(3)} == {(120, 160, 3)}
        assert viewer.source.health().reconnects == 0


def test_a_cameras_own_words_are_one_bounded_line() -> None:
    def chatty(camera: Handler) -> None:
        camera.wfile.write(b"HTTP/1.0 500 " + b"no\x07\x1b[31m\tluck " * 500 + b"\r\n\r\n")

    def odd_type(camera: Handler) -> None:
        camera.reply(b"x", "text/" + "y" * 5000)

    for answer in (chatty, odd_type):
        with HttpCamera(answer) as camera, Viewer(snapshot(camera.url)) as viewer:
            until(lambda viewer=viewer: viewer.source.health().why not in ("", "connecting"))
            why = viewer.source.health().why
        assert len(why) <= 200
        assert why.isprintable()


def test_password_within_the_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CAMERA_PASSWORD", "a&b c")
    paths = []

    def answer(camera: Handler) -> None:
        paths.append(camera.path)
        camera.reply(jpeg(90))

    with HttpCamera(answer) as camera:
        given = {"username": "me", "password": {"env": "CAMERA_PASSWORD"}}
        with Viewer(snapshot(camera.url + "?user={username}&pwd={password}", **given)) as viewer:
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
    began = time.monotonic()
    with (
        HttpCamera(lambda camera: camera.reply(jpeg(90))) as camera,
        # Stale for so long that a busy machine sees it.
        Viewer(snapshot(camera.url, restart_s=8.0), 0.5) as viewer,
    ):
        for _ in range(3):
            viewer.frame()
        asked = camera.requests
        assert asked <= 3 + (time.monotonic() - began) / 0.5
        camera.answer = silent
        viewer.becomes("stale")
        viewer.becomes("down")
        camera.answer = lambda handler: handler.reply(jpeg(120))
        viewer.becomes("live")
        assert abs(viewer.frame().image.mean() - 120) < 2

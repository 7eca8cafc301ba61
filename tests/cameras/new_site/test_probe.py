"""What a source answers before it is in any site file: size, rate, or why there is no picture."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import cv2
import pytest
from pydantic import TypeAdapter

from lotwise.cameras.new_site.probe import Probed, probe, probe_all
from lotwise.cameras.site.sources import SourceSettings, source_from_text
from tests.cameras.sources.cameras import RtspServer, grey, needs_gstreamer, until
from tests.cameras.sources.http_server import HttpCamera, jpeg
from tests.cameras.sources.http_settings import account


def settings(source: str, **more: object) -> SourceSettings:
    return TypeAdapter(SourceSettings).validate_python(source_from_text(source) | more)


def test_a_folder_and_a_video(tmp_path: Path) -> None:
    from tests.datasets.videos import record

    for hour in (7, 18):
        cv2.imwrite(str(tmp_path / f"2026-01-02_{hour:02}_04_05.png"), grey(9, 64, 48))
    found = probe(settings(str(tmp_path)), Path())
    assert found.words == "64x48, 2 frames, 2026-01-02 07:04 to 2026-01-02 18:04"
    record(tmp_path / "lot.mp4", 30)
    assert probe(settings("lot.mp4"), tmp_path).words == "128x128, 30 frames in 3 s"


def test_http_cameras() -> None:
    def stream(handler) -> None:
        handler.begin()
        while not handler.owner.closed.wait(0.1):
            handler.part(jpeg(100))

    with HttpCamera(lambda handler: handler.reply(jpeg(100))) as one, HttpCamera(stream) as two:
        assert probe(settings(one.url, kind="snapshot"), Path()).words == "160x120, a picture for each request"
        found = probe(settings(two.url), Path())
    assert found.picture is not None
    assert "frame" in found.rate


def test_an_rtsp_camera() -> None:
    needs_gstreamer()
    with RtspServer("--rate", "10") as server:
        found = probe(settings(server.url()), Path())
    assert found.words.startswith("320x240, about ")
    assert found.rate.endswith(("frames a second", " s"))


def test_a_wrong_password_is_told_and_not_tried_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    with HttpCamera(lambda handler: handler.reply(jpeg(1)), login="basic") as camera:
        given = account(monkeypatch, "no")
        found = probe(settings(camera.url, kind="snapshot", **{**given, "backoff": {}}), Path(), limit_s=10)
        assert camera.wrong_logins <= 1
    assert found.picture is None
    assert "refuses this username and password" in found.words
    assert "no" not in found.words.split()


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("rtsp://127.0.0.1:9/1", "connection refused"), ("rtsp://nobody.invalid/1", "unknown host"),
        ("cellar", "cellar: no such folder"), ("cellar.mp4", "cellar.mp4: no such video file"),
    ],
)  # fmt: skip
def test_what_is_away_is_told_in_one_line(source: str, why: str, tmp_path: Path) -> None:
    found = probe(settings(source), tmp_path, limit_s=30)
    assert found.picture is None
    assert why in found.words
    assert "\n" not in found.words


def test_a_folder_without_a_picture_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"none")
    found = probe(settings(str(tmp_path)), Path())
    assert found.picture is None
    assert "images can be read" in found.words or "cannot be decoded" in found.words


def test_sources_are_looked_at_side_by_side_within_the_limit() -> None:
    """Three that take a connection and say nothing would else take three times the limit."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        source = settings(f"http://127.0.0.1:{silent.getsockname()[1]}/a.jpg")
        began = time.monotonic()
        found = probe_all([source] * 3, Path(), limit_s=10)
        took = time.monotonic() - began
    assert [one.picture for one in found] == [None] * 3
    assert all(one.words for one in found)
    assert took < 3 * 10
    assert probe_all([], Path()) == []


def test_nothing_is_left_running() -> None:
    before = set(threading.enumerate())
    probe(settings("rtsp://127.0.0.1:9/1"), Path(), limit_s=3)
    until(lambda: before.issuperset(threading.enumerate()), what="no thread is left behind")


def test_words() -> None:
    assert Probed(grey(1, 64, 48)).words == "64x48"
    assert Probed(why="gone").words == "gone"

"""Cameras named by their address alone: frames, log-in, and what is said of a camera that is away."""

import threading

import pytest

from lotwise.cameras.sources.addresses import live_frames, settings_of
from lotwise.datasets.errors import InputError
from tests.cameras.sources.cameras import RtspServer, needs_gstreamer
from tests.cameras.sources.http_server import LOGIN, Handler, HttpCamera, jpeg


def snapshot(camera: Handler) -> None:
    camera.reply(jpeg(90))


def test_frames_of_a_camera_until_it_has_given_its_number() -> None:
    with HttpCamera(snapshot) as camera:
        address = f"{camera.url}.jpg"
        frames = list(live_frames([address], 0.05, 2, threading.Event(), pytest.fail))
    assert [frame.name for frame in frames] == [f"{address}#000001", f"{address}#000002"]
    assert frames[0].image.shape == (120, 160, 3)
    assert frames[0].taken.tzinfo is not None
    host = address.removeprefix("http://").replace(":", "_").replace("/", "_")
    assert str(frames[0].below) == f"{host}_000001"


def test_user_and_password_in_the_address_log_in_and_are_never_told() -> None:
    with HttpCamera(snapshot, "digest") as camera:
        address = camera.url.replace("http://", "http://operator:p%40ss%3Aw%2Frd%2520@") + ".jpg"
        (frame,) = live_frames([address], 0.05, 1, threading.Event(), pytest.fail)
    assert "p%40ss" not in frame.name and LOGIN[1] not in frame.name
    assert "***@127.0.0.1" in frame.name


def test_it_ends_when_it_is_told_to() -> None:
    stop = threading.Event()
    with HttpCamera(snapshot) as camera:
        for _ in live_frames([f"{camera.url}.jpg"], 0.01, None, stop, pytest.fail):
            stop.set()


def test_a_camera_that_gives_no_picture_is_named_with_its_trouble() -> None:
    told: list[str] = []
    with (
        HttpCamera(lambda camera: camera.reply(b"", status=404)) as camera,
        pytest.raises(InputError, match=r"picture\.jpg: no picture within 8 s \(.*404.*\); check the address"),
    ):
        list(live_frames([f"{camera.url}.jpg"], 0.05, 1, threading.Event(), told.append, first_frame_s=8))
    assert len(told) == 1 and "404" in told[0]  # at once, not only when time is over


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("/dev/null", "usb"),  # a device that is there on every machine
        ("rtsp://10.0.0.4:554/stream", "rtsp"),
        ("http://10.0.0.4/snap.jpg", "snapshot"),
        ("http://10.0.0.4/video", "mjpeg"),
    ],
)
def test_what_an_address_is(address: str, kind: str) -> None:
    assert settings_of(address).kind == kind


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("93", r"93: there is no /dev/video93; plug the camera in"),
        ("/dev/video94", "there is no /dev/video94"),
        ("rtsp://u:secret/w@10.0.0.4/1", "write @ / # and"),
        ("ftp://10.0.0.4/x", "no such scheme"),
        ("rtsp://", "expected an address"),
        ("http://u:secret@", "expected"),
    ],
)
def test_what_is_no_address_is_refused_without_its_password(address: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as error:
        settings_of(address)
    assert "secret" not in str(error.value)


def test_frames_of_an_rtsp_camera_with_user_and_password_in_its_address() -> None:
    needs_gstreamer()
    with RtspServer("--user", "operator:p@ss/word") as camera:
        address = camera.url().replace("rtsp://", "rtsp://operator:p%40ss%2Fword@")
        frames = list(live_frames([address], None, 2, threading.Event(), lambda _: None))
    assert [frame.image.shape for frame in frames] == [(240, 320, 3)] * 2
    assert all("***@" in frame.name and "p%40ss" not in frame.name for frame in frames)

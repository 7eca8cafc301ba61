"""A camera's source: what a path or URL alone is taken for."""

from typing import Any

import pytest

from lotwise.cameras.site.camera import SiteCamera


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ("frames/gate", "folder"),
        ("/data/2026.05/gate", "folder"),
        ("gate.MP4", "video"),
        ("rtsp://h/s", "rtsp"),
        ("RTSPS://h:322/s", "rtsp"),
        ("http://h/video.cgi", "mjpeg"),
        ("https://h/stream?fps=5", "mjpeg"),
        ("http://h/now.jpg", "snapshot"),
        ("http://h/now.JPEG?size=2", "snapshot"),
        ("http://h/now.png", "snapshot"),
        ("http://h/cgi-bin/Snapshot?channel=1", "snapshot"),
        ("/dev/video0", "usb"),
        ("/dev/v4l/by-id/usb-cam", "usb"),
        ({"url": "rtsp://h/s", "username": "a"}, "rtsp"),  # a mapping without its kind
        ({"path": "gate.mp4", "pace": "fast"}, "video"),
        ({"device": "/dev/video1"}, "usb"),
        ({"kind": "snapshot", "url": "http://h/now"}, "snapshot"),  # what is said counts
    ],
)
def test_kind_of_a_source(given: Any, kind: str) -> None:
    assert SiteCamera.model_validate({"source": given}).source.kind == kind

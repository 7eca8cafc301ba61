"""What the settings of a source refuse, and that they never show a password."""

import pytest
from pydantic import TypeAdapter, ValidationError

from lotwise.cameras.site.sources import SourceSettings

ANY: TypeAdapter[SourceSettings] = TypeAdapter(SourceSettings)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "rtsp", "url": "http://camera/stream"}, "starts with rtsp:// or rtsps://"),
        ({"kind": "mjpeg", "url": "camera/stream"}, "starts with http:// or https://"),
        ({"kind": "snapshot", "url": "file:///etc/passwd"}, "starts with http:// or https://"),
        ({"kind": "rtsp", "url": "rtsp://me:hunter2@camera/stream"}, "no user:password@"),
        ({"kind": "rtsp", "url": "rtsp://camera/s", "password": {"env": "X"}}, "password without a username"),
        ({"kind": "rtsp", "url": "rtsp://camera/s", "stale_s": 30}, "restart_s"),
        ({"kind": "usb", "device": "/dev/video0", "width": 640}, "both width and height"),
        ({"kind": "folder", "path": "f", "follow": True, "repeat": True}, "either repeated or followed"),
        ({"kind": "folder", "path": "f", "pace": "slow"}, "'fast' or 'own'"),
        ({"kind": "film", "path": "f"}, "'folder', 'video', 'rtsp', 'mjpeg', 'usb', 'snapshot'"),
    ],
)
def test_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError, match=said.replace("(", r"\(")) as error:
        ANY.validate_python(given)
    messages = " ".join(problem["msg"] for problem in error.value.errors())
    assert "hunter2" not in messages

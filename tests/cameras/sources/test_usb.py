"""USB cameras, as far as a machine without one tells."""

import pytest

from lotwise.cameras.site.sources import UsbSettings
from tests.cameras.sources.cameras import QUICK, Viewer, until


@pytest.mark.parametrize(
    ("device", "why"),
    [
        ("/dev/video-that-is-not-there", "no such file or directory"),  # unplugged
        ("/dev/null", "inappropriate ioctl for device"),  # no camera
    ],
)
def test_why_a_usb_camera_is_down(device: str, why: str) -> None:
    settings = UsbSettings.model_validate(
        {"kind": "usb", "device": device, "width": 640, "height": 480, "rate": 15} | QUICK
    )
    with Viewer(settings) as viewer:
        until(lambda: why in viewer.source.health().why, what=why)
        assert viewer.source.health().state == "down"

"""What every source of frames is to the node, and how one is opened from its settings."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol, assert_never
from zoneinfo import ZoneInfo

from lotwise.cameras.site.sources import (
    FolderSettings,
    MjpegSettings,
    RtspSettings,
    SnapshotSettings,
    SourceSettings,
    UsbSettings,
    VideoSettings,
)
from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceHealth
from lotwise.cameras.sources.folder import FolderSource
from lotwise.cameras.sources.stream import StreamSource
from lotwise.cameras.sources.uploads import UploadSource
from lotwise.cameras.sources.video import VideoSource


class Source(Protocol):
    """Frames of one camera, of which only the newest is ever kept."""

    def newest(self) -> CapturedFrame | None:
        """The newest frame, once; None where there is none that was not given before.

        Never waits for a camera. Of a network camera the pixels are fetched on demand: the first call after a new
        frame came may answer None, and ``arrived`` is called again, milliseconds later, once they are here.
        """
        ...

    def health(self) -> SourceHealth:
        """How the source is now; at any time, from any thread."""
        ...

    def close(self) -> None:
        """End it, with its thread and its child process; afterwards ``newest`` gives None."""
        ...


def open_source(
    settings: SourceSettings,
    camera: str,
    arrived: Callable[[], None],
    period_s: float,
    base: Path = Path(),
    zone: ZoneInfo | None = None,
) -> Source:
    """Open a camera's source.

    Args:
        settings: of the camera's source, of any kind.
        camera: id, for the names of threads.
        arrived: called from any thread when it is worth calling ``newest``; must return at once.
        period_s: seconds between two frames that the node wants of this camera.
        base: folder of the site file, which paths and secret files are relative to.
        zone: of the times in the names of stored frames; this machine's where None.

    Raises:
        InputError: a folder, file or secret that is missing, or no PyAV. A camera that is away is no error: it is
            tried again and again, and ``health`` tells why it is down.
    """
    match settings:
        case FolderSettings(follow=True):
            return UploadSource(settings, camera, arrived, period_s, base, zone=zone)
        case FolderSettings():
            return FolderSource(settings, camera, arrived, period_s, base, zone=zone)
        case VideoSettings():
            return VideoSource(settings, camera, arrived, base, zone=zone)
        case RtspSettings() | MjpegSettings() | UsbSettings() | SnapshotSettings():
            return StreamSource(settings, camera, arrived, period_s, base)
        case _:
            assert_never(settings)

"""Ids that are proposed for cameras, from their files' names or their addresses."""

from __future__ import annotations

import re
from collections.abc import Collection
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from lotwise.cameras.site.sources import (
    FolderSettings,
    MjpegSettings,
    RtspSettings,
    SnapshotSettings,
    SourceSettings,
    UsbSettings,
    VideoSettings,
)
from lotwise.datasets.timestamps import before_time

_SAID_BY_ALL = re.compile(
    r"(?i)(?:stream|streaming|channels?|live|video|main|sub|cam|camera|image|picture|snapshot|axis|cgi|bin)"
)
"""Parts of addresses that do not tell one camera from another."""


def camera_id(settings: SourceSettings, taken: Collection[str]) -> str:
    """A name for a camera that can be a folder's name and is none of those that are taken.

    >>> from lotwise.cameras.site.sources import RtspSettings
    >>> first = camera_id(RtspSettings(kind="rtsp", url="rtsp://10.0.0.11:554/stream1"), ())
    >>> first, camera_id(RtspSettings(kind="rtsp", url="rtsp://10.0.0.11:554/stream2"), [first])
    ('camera-11', 'camera-11-stream2')
    >>> camera_id(RtspSettings(kind="rtsp", url="rtsp://entrance.example.org/live"), ())
    'entrance'
    """
    match settings:
        case FolderSettings(path=path):
            names = [path.resolve().name]
        case VideoSettings(path=path):
            names = [before_time(path.name) or path.resolve().parent.name, path.stem]
        case UsbSettings(device=device):
            names = [device.name]
        case RtspSettings(url=url) | MjpegSettings(url=url) | SnapshotSettings(url=url):
            names = _of_address(url)
    names = [name for name in (_plain(name) for name in names) if name] or ["camera"]
    numbered = (f"{names[0]}-{number}" for number in range(2, len(taken) + 3))
    return next(name for name in (*names, *numbered) if name not in taken)


def _of_address(url: str) -> list[str]:
    """The host, then the host with what its path says, for several cameras of one recorder."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        ip_address(host)
    except ValueError:
        name = host.partition(".")[0]
    else:
        name = f"camera-{re.split('[.:]', host)[-1]}"
    words = [Path(word).stem for word in parts.path.split("/")]
    telling = [word for word in words if word and not _SAID_BY_ALL.fullmatch(word)]
    port = [str(parts.port)] if parts.port else []
    return [name, *(f"{name}-{word}" for word in (*telling[-1:], *port))]


def _plain(name: str) -> str:
    return re.sub(r"[^\w-]+", "-", name).strip("-_").lower()

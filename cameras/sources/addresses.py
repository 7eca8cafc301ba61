"""Cameras named by their address or number alone, as on a command line."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import TypeAdapter, ValidationError

from lotwise.cameras.site.secret import masked_url
from lotwise.cameras.site.sources import SnapshotSettings, SourceSettings, source_from_text
from lotwise.cameras.sources.captured_frame import CONNECTING
from lotwise.cameras.sources.source import Source, open_source
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image

FIRST_FRAME_TIMEOUT_S = 30.0
"""Seconds within which a camera must give its first frame; a camera that waits for a key frame takes up to ten."""
POLL_S = 0.2
"""Seconds after which all sources are looked at, also where none calls."""
_NUMBERS = count(1)
SNAPSHOT_PERIOD_S = 1.0
"""Seconds between two pictures of a camera that gives one a request, where nothing else was asked for."""


@dataclass(frozen=True)
class LiveFrame:
    """One frame of a camera.

    Attributes:
        name: the address, without its password, and the frame's number.
        below: a file name for it, without an ending.
        taken: when it arrived.
    """

    name: str
    below: Path
    image: Image
    taken: datetime


def is_address(text: str) -> bool:
    """Whether a text names a camera rather than a file: an address, a device, or the number of one.

    >>> [is_address(text) for text in ("rtsp://10.0.0.4/1", "/dev/video0", "0", "frames", "12.jpg")]
    [True, True, True, False, False]
    """
    return "://" in text or text.startswith("/dev/video") or (text.isdigit() and not Path(text).exists())


def settings_of(address: str) -> SourceSettings:
    """Settings of a camera from its address, in which user and password may stand.

    The password is kept in an environment variable of this process, as a site file would have it.

    Raises:
        InputError: no address of a kind that is read.
    """
    shown = masked_url(address)
    given: dict[str, object] = {}
    try:
        if address.isdigit():
            address = f"/dev/video{address}"
        if address.startswith("/dev/"):
            if not Path(address).exists():
                raise InputError(f"{shown}: there is no {address}; plug the camera in, or give the number of another")
            given = {"kind": "usb", "device": address}
        else:
            user, password, address = login_of(address)
            if user:
                given = {"username": user}
                if password:
                    variable = f"LOTWISE_ADDRESS_PASSWORD_{next(_NUMBERS)}"
                    os.environ[variable] = password
                    given["password"] = {"env": variable}
            elif shown != address and "@" in address.partition("://")[2]:
                raise InputError(f"{shown}: write @ / # and ? of a password as %40 %2F %23 and %3F")
            given = source_from_text(address) | given
        settings: SourceSettings = TypeAdapter(SourceSettings).validate_python(given)
    except ValidationError as error:
        raise InputError(f"{shown}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None
    except ValueError as error:
        raise InputError(f"{shown}: {error}") from None
    return settings


def login_of(address: str) -> tuple[str, str, str]:
    """User and password that stand in an address, empty where they do not, and the address without them.

    Raises:
        ValueError: no address.

    >>> login_of("rtsp://viewer:a%40b@10.0.0.4:554/1")
    ('viewer', 'a@b', 'rtsp://10.0.0.4:554/1')
    """
    parts = urlsplit(address)
    if parts.username is None:
        return "", "", address
    host = parts.netloc.rpartition("@")[2]
    return unquote(parts.username), unquote(parts.password or ""), parts._replace(netloc=host).geturl()


def live_frames(
    addresses: Sequence[str],
    every_s: float | None,
    most: int | None,
    stop: threading.Event,
    tell: Callable[[str], None],
    first_frame_s: float = FIRST_FRAME_TIMEOUT_S,
) -> Iterator[LiveFrame]:
    """The newest frames of cameras until stopped, until each camera has given its number, or until all have ended.

    Args:
        addresses: addresses of the cameras.
        every_s: least seconds between two frames of a camera; as they come where None.
        most: frames of each camera; no end where None.
        stop: ends the frames when it is set.
        tell: told in a line when a camera goes away or comes back.
        first_frame_s: seconds within which each camera must have given a frame.

    Raises:
        InputError: an address that is none, or a camera that gives no first frame.
    """
    arrived = threading.Event()
    with ExitStack() as closing:
        sources: dict[str, Source] = {}
        for address in dict.fromkeys(addresses):
            settings, shown = settings_of(address), masked_url(address)
            period = every_s or (SNAPSHOT_PERIOD_S if isinstance(settings, SnapshotSettings) else 0.0)
            sources[shown] = open_source(settings, shown, arrived.set, period)
            closing.callback(sources[shown].close)
        begun = time.monotonic()
        counts = dict.fromkeys(sources, 0)
        due = dict.fromkeys(sources, 0.0)
        lost: set[str] = set()
        while not stop.is_set():
            for shown, source in sources.items():
                full = most is not None and counts[shown] >= most
                if not full and time.monotonic() >= due[shown] and (captured := source.newest()) is not None:
                    due[shown] = time.monotonic() + (every_s or 0.0)
                    counts[shown] += 1
                    number = counts[shown]
                    yield LiveFrame(
                        f"{shown}#{number:06d}", Path(f"{_slug(shown)}_{number:06d}"), captured.image, captured.taken
                    )
                health = source.health()
                if not counts[shown] and time.monotonic() - begun >= first_frame_s:
                    raise InputError(
                        f"{shown}: no picture within {first_frame_s:g} s ({health.why or health.state}); "
                        "check the address and whether the camera is on"
                    )
                away = health.state != "live" and health.why != CONNECTING
                if away != (shown in lost) and (away or health.state == "live"):
                    lost ^= {shown}
                    tell(f"{shown}: {health.state}{f' ({health.why})' if health.why else ''}")
            if all(
                source.health().ended or (most is not None and counts[shown] >= most)
                for shown, source in sources.items()
            ):
                return
            arrived.wait(POLL_S)
            arrived.clear()


def _slug(shown: str) -> str:
    """An address as a file name."""
    return re.sub(r"[^\w.-]+", "_", shown.partition("://")[2] or shown).strip("_.")

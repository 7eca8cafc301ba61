"""One look at a source that is in no site file yet: whether it answers, and how large and frequent its pictures are."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lotwise.cameras.site.sources import (
    FolderSettings,
    NetworkSettings,
    SnapshotSettings,
    SourceSettings,
    VideoSettings,
)
from lotwise.cameras.sources.captured_frame import CONNECTING, CapturedFrame
from lotwise.cameras.sources.source import Source, open_source
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.datasets.readers.folder import read_folder
from lotwise.datasets.video_file import video_times

LIMIT_S = 20.0
"""Seconds within which a source must give a picture: a camera that waits for a key frame takes up to ten."""
RATE_S = 2.0
"""Seconds for which the frames of a camera are counted."""
MAX_ATTEMPTS = 2
"""Times that a camera is asked which refuses or is not there: many lock an account that asks often."""
_AT_ONCE = 16  # sources that are looked at side by side


@dataclass(frozen=True)
class Probed:
    """What one source answered.

    Attributes:
        picture: (H, W, 3) BGR; None where there was none.
        taken: when it was taken.
        rate: how often pictures come, in words; empty where that is not known.
        why: why there is no picture, in one line without secrets; empty where there is one.
    """

    picture: Image | None = None
    taken: datetime | None = None
    rate: str = ""
    why: str = ""

    @property
    def words(self) -> str:
        """Size and rate, or why there is no picture."""
        if self.picture is None:
            return self.why
        size = f"{self.picture.shape[1]}x{self.picture.shape[0]}"
        return f"{size}, {self.rate}" if self.rate else size


def probe_all(sources: Sequence[SourceSettings], base: Path, limit_s: float = LIMIT_S) -> list[Probed]:
    """Look at all sources side by side.

    Args:
        sources: with passwords in the environment where they need some.
        base: folder that their paths are relative to.
        limit_s: seconds within which each must give its first picture.
    """
    with ThreadPoolExecutor(min(_AT_ONCE, max(1, len(sources)))) as pool:
        return list(pool.map(lambda settings: probe(settings, base, limit_s), sources))


def probe(settings: SourceSettings, base: Path, limit_s: float = LIMIT_S) -> Probed:
    """Look at one source."""
    if isinstance(settings, NetworkSettings):
        settings = settings.model_copy(update={"restart_s": limit_s, "stale_s": limit_s})
    else:
        settings = settings.model_copy(update={"pace": "fast"})
    arrived = threading.Event()
    try:
        source = open_source(settings, "probe", arrived.set, 1.0, base)
        try:
            first = _first(source, arrived, limit_s)
            if isinstance(first, str):
                return Probed(why=first)
            if isinstance(settings, FolderSettings | VideoSettings):
                return Probed(first.image, first.taken, _stored_words(settings, base))
            rate = (
                "a picture for each request"
                if isinstance(settings, SnapshotSettings)
                else _rate(source, arrived, first)
            )
            return Probed(first.image, first.taken, rate)
        finally:
            source.close()
    except InputError as error:
        return Probed(why=str(error))


def _first(source: Source, arrived: threading.Event, limit_s: float) -> CapturedFrame | str:
    """The first frame, or why there is none."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        captured = source.newest()
        if captured is not None:
            return captured
        health = source.health()
        if health.ended or (health.why and health.why != CONNECTING and health.reconnects >= MAX_ATTEMPTS - 1):
            break
        arrived.wait(0.1)
        arrived.clear()
    why = source.health().why
    return why if why and why != CONNECTING else f"no picture within {limit_s:g} s"


def _rate(source: Source, arrived: threading.Event, first: CapturedFrame) -> str:
    """How many frames come, by their numbers: those in between are counted by the source too."""
    last, until = first, time.monotonic() + RATE_S
    while (left := until - time.monotonic()) > 0:
        last = source.newest() or last
        arrived.wait(min(left, 0.1))
        arrived.clear()
    seconds = (last.taken - first.taken).total_seconds()
    if last.number == first.number or seconds <= 0:
        return f"less than a frame in {RATE_S:g} s"
    rate = (last.number - first.number) / seconds
    return f"about {rate:.0f} frames a second" if rate >= 1.5 else f"about a frame every {1 / rate:.1f} s"


def _stored_words(settings: FolderSettings | VideoSettings, base: Path) -> str:
    if isinstance(settings, VideoSettings):
        times = video_times(base / settings.path)
        return f"{len(times)} frames in {times.seconds[-1]:.0f} s"
    frames = read_folder(base / settings.path).frames
    moments = sorted(frame.taken for frame in frames if frame.taken)
    span = f", {moments[0]:%Y-%m-%d %H:%M} to {moments[-1]:%Y-%m-%d %H:%M}" if moments else ""
    return f"{len(frames)} frame{'s' if len(frames) > 1 else ''}{span}"

"""A folder that a camera uploads to, as a source: its newest image, once it is whole."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lotwise.cameras.site.sources import FolderSettings
from lotwise.cameras.sources.captured_frame import SourceHealth, SourceState
from lotwise.cameras.sources.stored import Clock, StoredSource, aware
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Image
from lotwise.datasets.image_files import IMAGE_SUFFIXES, is_left_out
from lotwise.datasets.images import read_image
from lotwise.datasets.timestamps import parse_time

_POLL_S = 1.0
"""Most seconds between two listings of the folder."""
_WRITING_S = 10.0
"""An image that cannot be read so long after its last change is not being written any more: it is broken."""
_COARSE_NS = 2_000_000_000
"""A folder that changed less than this before it was listed may have changed again under the same time."""

_MOST_KEPT = 256
"""Images of one folder whose times are read again without listing it: those changed last."""

Stamp = tuple[int, str]
"""Time of the last change in ns, and path: the order of uploads."""


class UploadSource(StoredSource):
    """The newest image of a folder that gets new ones; those that came in between are dropped, old ones not given.

    Args:
        settings: with ``follow``; stale once no image came for ``stale_s`` after the next one was due.
        period_s: seconds between two uploads that are expected.
        wall: UNIX time; files are dated by it.
    """

    def __init__(
        self,
        settings: FolderSettings,
        camera: str,
        arrived: Callable[[], None],
        period_s: float,
        base: Path = Path(),
        clock: Clock = time.monotonic,
        wall: Clock = time.time,
    ) -> None:
        self._root = base / settings.path
        if not self._root.is_dir():
            raise InputError(f"{self._root}: no such folder; give the folder that camera {camera} uploads to")
        self._poll_s = min(_POLL_S, period_s)
        self._silence = timedelta(seconds=settings.stale_s + period_s)
        self._wall = wall
        self._listed: dict[str, _Listing] = {}
        # An image that came shortly before the start still tells how the lot is; an older one would be a lie.
        self._last: Stamp = (int((wall() - self._silence.total_seconds()) * 1e9), "")
        self._arrived_at = datetime.fromtimestamp(wall(), UTC)
        self._unreadable = 0
        super().__init__(camera, arrived, clock)

    def health(self) -> SourceHealth:
        health = super().health()
        late = self._arrived_at + self._silence
        if health.state == "live" and datetime.fromtimestamp(self._wall(), UTC) >= late:
            return replace(health, state="stale", since=late, why="no new image was uploaded" + self._broken())
        return health

    def _next(self, now: float) -> tuple[Image, datetime] | None:
        self._due = now + self._poll_s
        try:
            stamps = [stamp for stamp in self._stamps(str(self._root)) if stamp > self._last]
        except OSError as error:
            self._turn("down", f"{self._root}: the folder cannot be read ({error.strerror})")
            return None
        if self._health.state == "down":
            self._turn("live", "")
        for count, stamp in enumerate(sorted(stamps, reverse=True)):
            changed = datetime.fromtimestamp(stamp[0] / 1e9, UTC)
            try:
                image = read_image(Path(stamp[1]))
            except UnreadableImage as error:
                if self._wall() - changed.timestamp() > _WRITING_S:
                    self._unreadable += 1
                    self._say(f"{error}{self._broken()}")
                    self._last = max(self._last, stamp)
                continue
            self._last = stamp
            self._number += len(stamps) - count
            self._arrived_at = datetime.fromtimestamp(self._wall(), UTC)
            return image, aware(parse_time(Path(stamp[1]).relative_to(self._root)) or changed)
        return None

    def _broken(self) -> str:
        return f"; {self._unreadable} images could not be read" if self._unreadable else ""

    def _turn(self, state: SourceState, why: str) -> None:
        if self._health.state != state:
            self._health = replace(self._health, state=state, since=datetime.now(UTC))
        self._say(why)

    def _stamps(self, folder: str) -> list[Stamp]:
        """Newest images below a folder. Folders that did not change since they were listed are not read again."""
        changed = os.stat(folder).st_mtime_ns
        known = self._listed.get(folder)
        if known is None or known.changed != changed or known.fresh:
            known = self._listed[folder] = _list(folder, changed, self._wall())
        stamps: list[Stamp] = []
        for path in known.images:
            with suppress(FileNotFoundError):  # deleted since
                stamps.append((os.stat(path).st_mtime_ns, path))
        for below in known.folders:
            with suppress(FileNotFoundError):
                stamps += self._stamps(below)
        return stamps


@dataclass(frozen=True)
class _Listing:
    """What lay in a folder when it was last read; ``fresh`` where it may have changed since without a trace."""

    changed: int
    fresh: bool
    images: tuple[str, ...]
    folders: tuple[str, ...]


def _list(folder: str, changed: int, now: float) -> _Listing:
    images, folders = [], []
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_left_out(entry.name):
                continue
            if entry.is_dir():
                folders.append(entry.path)
            elif entry.name.lower().endswith(IMAGE_SUFFIXES):
                with suppress(FileNotFoundError):
                    images.append((entry.stat().st_mtime_ns, entry.path))
    newest = tuple(path for _, path in heapq.nlargest(_MOST_KEPT, images))
    return _Listing(changed, now * 1e9 - changed < _COARSE_NS, newest, tuple(folders))

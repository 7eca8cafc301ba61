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
from zoneinfo import ZoneInfo

from lotwise.cameras.site.sources import FolderSettings
from lotwise.cameras.sources.captured_frame import SourceHealth, SourceState
from lotwise.cameras.sources.picture_limit import MAX_CAMERA_PIXELS
from lotwise.cameras.sources.stored import Clock, StoredSource, aware
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Image
from lotwise.datasets.image_files import IMAGE_SUFFIXES, is_left_out
from lotwise.datasets.images import read_image
from lotwise.datasets.timestamps import parse_time

_POLL_S = 1.0
"""Most seconds between two listings of the folder."""
_MAX_WRITING_S = 10.0
"""Seconds after its last change after which an image that cannot be read is broken rather than still written."""
_TIMESTAMP_STEP_NS = 2_000_000_000
"""Nanoseconds by which times of folders step at most, as on FAT: a folder that changed less than this before it was
listed may have changed again under the same time."""

_MAX_KEPT = 256
"""Images of one folder whose times are read again without listing it: those changed last."""

_MAX_AHEAD_S = 60.0
"""Seconds by which a file or the time in its name may lie ahead of this machine's clock; more is a wrong clock."""

UploadOrder = tuple[int, str]
"""Time of the last change in ns, and path: the order of uploads. Of a file dated ahead, when it arrived instead."""


class UploadSource(StoredSource):
    """The newest image of a folder that gets new ones; those that came in between are dropped, old ones not given.

    Args:
        settings: with ``follow``; stale once no image came for ``stale_s`` after the next one was due.
        period_s: seconds between two uploads that are expected.
        wall: UNIX time; files are dated by it.
        zone: of the times in files' names; this machine's where None.
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
        zone: ZoneInfo | None = None,
    ) -> None:
        self._zone = zone
        self._root = base / settings.path
        if not self._root.is_dir():
            raise InputError(f"{self._root}: no such folder; give the folder that camera {camera} uploads to")
        self._poll_s = min(_POLL_S, period_s)
        self._silence = timedelta(seconds=settings.stale_s + period_s)
        self._wall = wall
        self._listed: dict[str, _Listing] = {}
        self._ahead: dict[str, tuple[int, int]] = {}  # by path: time of change and of arrival of files dated ahead
        self._ahead_count = 0
        # An image that came shortly before the start still tells how the lot is; an older one would be a lie.
        self._last: UploadOrder = (int((wall() - self._silence.total_seconds()) * 1e9), "")
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
            stamps = [stamp for stamp in self._uploads(str(self._root)) if stamp > self._last]
        except OSError as error:
            self._turn("down", f"{self._root}: the folder cannot be read ({error.strerror})")
            return None
        if self._health.state == "down":
            self._turn("live", "")
        for count, stamp in enumerate(sorted(stamps, reverse=True)):
            changed = datetime.fromtimestamp(stamp[0] / 1e9, UTC)
            try:
                image = read_image(Path(stamp[1]), max_pixels=MAX_CAMERA_PIXELS)
            except UnreadableImage as error:
                if self._wall() - changed.timestamp() > _MAX_WRITING_S:
                    self._unreadable += 1
                    self._say(f"{error}{self._broken()}")
                    self._last = max(self._last, stamp)
                continue
            self._last = stamp
            self._number += len(stamps) - count
            self._arrived_at = datetime.fromtimestamp(self._wall(), UTC)
            return image, self._taken(Path(stamp[1]), changed)
        return None

    def _taken(self, path: Path, changed: datetime) -> datetime:
        """When an image was taken: as its name says, unless that lies ahead, else when it changed or arrived."""
        named = parse_time(path.relative_to(self._root))
        moment = None if named is None else aware(named, self._zone, near=changed)
        if moment is not None and moment.timestamp() <= self._wall() + _MAX_AHEAD_S:
            return moment
        if moment is not None:
            self._say(f"{path}: the time in its name lies ahead of this machine's clock; set the camera's clock")
        return changed

    def _stamp(self, path: str, found: os.stat_result) -> UploadOrder:
        """The place of a file in the order of uploads."""
        changed = found.st_mtime_ns
        known = self._ahead.get(path)
        if known is not None and known[0] == changed:
            return known[1], path
        if changed <= (self._wall() + _MAX_AHEAD_S) * 1e9:
            return changed, path
        # One that lay here before the start arrived when the file system noted it, at the latest.
        arrived = int(self._wall() * 1e9)
        if not self._number:
            arrived = min(arrived, found.st_ctime_ns)
        self._ahead[path] = changed, arrived
        self._ahead_count += 1
        self._say(
            f"{self._ahead_count} images were dated ahead of this machine's clock and are ordered by their arrival; "
            f"last: {path}; set the camera's clock"
        )
        return arrived, path

    def _broken(self) -> str:
        return f"; {self._unreadable} images could not be read" if self._unreadable else ""

    def _turn(self, state: SourceState, why: str) -> None:
        if self._health.state != state:
            self._health = replace(self._health, state=state, since=datetime.now(UTC))
        self._say(why)

    def _uploads(self, folder: str) -> list[UploadOrder]:
        """Newest images below a folder. Folders that did not change since they were listed are not read again."""
        changed = os.stat(folder).st_mtime_ns
        known = self._listed.get(folder)
        if known is None or known.changed != changed or known.fresh:
            known = self._listed[folder] = self._list(folder, changed)
        uploads: list[UploadOrder] = []
        for path in known.images:
            with suppress(FileNotFoundError):  # deleted since
                uploads.append(self._stamp(path, os.stat(path)))
        for below in known.folders:
            with suppress(FileNotFoundError):
                uploads += self._uploads(below)
        return uploads

    def _list(self, folder: str, changed: int) -> _Listing:
        images: list[UploadOrder] = []
        folders = []
        with os.scandir(folder) as entries:
            for entry in entries:
                if is_left_out(entry.name):
                    continue
                if entry.is_dir():
                    folders.append(entry.path)
                elif entry.name.lower().endswith(IMAGE_SUFFIXES):
                    with suppress(FileNotFoundError):
                        images.append(self._stamp(entry.path, entry.stat()))
        there = {path for _, path in images}
        gone = [path for path in self._ahead if os.path.dirname(path) == folder and path not in there]
        for path in gone:
            del self._ahead[path]
        newest = tuple(path for _, path in heapq.nlargest(_MAX_KEPT, images))
        return _Listing(changed, self._wall() * 1e9 - changed < _TIMESTAMP_STEP_NS, newest, tuple(folders))


@dataclass(frozen=True)
class _Listing:
    """What lay in a folder when it was last read; ``fresh`` where it may have changed since without a trace."""

    changed: int
    fresh: bool
    images: tuple[str, ...]
    folders: tuple[str, ...]

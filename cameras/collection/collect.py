"""Collects frames of a site's cameras over hours or days: those that show new light or new occupancy."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lotwise.cameras.collection.kept_frames import Budget, KeptFrames, Outcome
from lotwise.cameras.frame_selection.appearance import describe, flat_rows, flaw
from lotwise.cameras.frame_selection.survey import REDUCTION, fitting
from lotwise.cameras.site.frames import chosen_cameras, stored_frames
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.schedule import Schedule
from lotwise.cameras.sources.camera import open_camera
from lotwise.cameras.sources.captured_frame import CONNECTING
from lotwise.cameras.sources.source import Source
from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Frame, Image, Masks
from lotwise.datasets.images import reduced
from lotwise.datasets.load import load
from lotwise.datasets.timestamps import parse_time

SOURCES_POLL_S = 0.5
"""Seconds after which all cameras are looked at, also where none calls."""
MASK_FRAMES = 5
"""Frames in a row whose lowest rows are plain in the same way, after which the camera itself paints a mask there."""

Report = Callable[[str, str], None]
"""Called with a camera's id and one line about it."""


@dataclass
class Collected:
    """What was done with the frames of one camera.

    Attributes:
        looked: at how many.
        counts: how many of them were kept, and why others were not.
        news: what was new in the kept ones.
        flawed: how many were black, flat or cut short.
        unreadable: how many could not be decoded.
        frames, bytes: what lies in its folder now, of this run and of earlier ones.
    """

    looked: int = 0
    counts: dict[Outcome, int] = field(default_factory=lambda: {"kept": 0, "replaced": 0, "alike": 0, "full": 0})
    news: dict[str, int] = field(default_factory=lambda: {"first": 0, "new light": 0, "new occupancy": 0})
    flawed: int = 0
    unreadable: int = 0
    frames: int = 0
    bytes: int = 0

    @property
    def kept(self) -> int:
        """Frames of this run that were kept when they came."""
        return self.counts["kept"] + self.counts["replaced"]


def collect_frames(
    path: Path,
    cameras: tuple[str, ...] | None,
    folder: Path,
    every_s: float,
    budget: Budget,
    stop: threading.Event,
    report: Report,
    until: datetime | None = None,
    progress: Callable[[Mapping[str, Collected]], None] = lambda collected: None,
) -> dict[str, Collected]:
    """Keep frames as ``folder/<camera>/<camera>_<local time>.jpg`` until stopped, a moment comes, or all have ended.

    Running cameras are looked at every so many seconds, in the hours of their schedule; of a folder or video every
    frame that ``lotwise adapt`` would take of it. Privacy masks are painted before anything else is done.

    Args:
        path: the site file.
        cameras: ids; None for all.
        folder: as ``learn_from`` or ``lotwise adapt --dataset folder --root`` reads it.
        every_s: least seconds between two looks at a running camera.
        budget: what collected frames may take on disk.
        stop: ends it.
        report: called when a camera goes away or comes back.
        until: ends it, with time zone; None for no end.
        progress: called after each round of looks.

    Raises:
        InputError: a broken site file, an unknown camera, or a source or masks that cannot be read.
        OSError: the folder cannot be written.
    """
    site = read_site(path)
    names = chosen_cameras(site, path, cameras)
    masks = {name: privacy_masks(site.cameras[name], f"{path}: cameras.{name}.privacy_masks") for name in names}
    kept = KeptFrames(folder, masks, budget)
    arrived = threading.Event()
    with ExitStack() as closing:
        feeds: dict[str, _Feed] = {}
        for name in names:
            stored = stored_frames(site, path, name)
            if stored is not None:
                feeds[name] = _StoredFeed(stored)
                continue
            zone = site.settings_of(name).schedule.zone
            source = open_camera(site.cameras[name], name, arrived.set, every_s, path.parent, zone)
            closing.callback(source.close)
            feeds[name] = _RunningFeed(name, source, site.settings_of(name).schedule, every_s, report)
        collectors = {name: _Collector(name, masks[name], kept) for name in names}
        while not stop.is_set() and (until is None or datetime.now(UTC) < until):
            busy = False
            for name, feed in feeds.items():
                try:
                    taken = feed.next()
                except UnreadableImage:
                    collectors[name].done.unreadable += 1
                    busy = True
                    continue
                if taken is not None:
                    collectors[name].take(*taken)
                    busy = busy or isinstance(feed, _StoredFeed)
            progress({name: collector.done for name, collector in collectors.items()})
            if all(feed.ended for feed in feeds.values()):
                break
            if not busy:
                left = SOURCES_POLL_S if until is None else (until - datetime.now(UTC)).total_seconds()
                arrived.wait(max(0.0, min(SOURCES_POLL_S, left)))
                arrived.clear()
    return {name: collector.done for name, collector in collectors.items()}


class _Collector:
    """Decides on the frames of one camera."""

    def __init__(self, camera: str, masks: Masks, kept: KeptFrames) -> None:
        self._camera, self._masks, self._kept = camera, masks, kept
        self._plain: deque[int] = deque(maxlen=MASK_FRAMES)
        self.done = Collected(frames=kept.count(camera), bytes=kept.bytes_of(camera))

    def take(self, image: Image, stem: str) -> None:
        """One frame; ``stem`` is what its file would be called."""
        done = self.done
        done.looked += 1
        small = fitting(reduced(image, REDUCTION), lambda: image)
        self._plain.append(flat_rows(small, self._masks))
        if flaw(small, self._mask_rows(), self._masks) is not None:
            done.flawed += 1
            return
        outcome, novelty, _ = self._kept.offer(self._camera, image, describe(small, self._masks), stem)
        done.counts[outcome] += 1
        if outcome in ("kept", "replaced"):
            done.news[novelty.why] += 1
        done.frames, done.bytes = self._kept.count(self._camera), self._kept.bytes_of(self._camera)

    def _mask_rows(self) -> int:
        """Lowest rows that a mask burnt in by the camera takes: plain in all of the last frames alike."""
        if len(self._plain) < MASK_FRAMES or max(self._plain) - min(self._plain) > 1:
            return 0
        return int(np.median(self._plain))


class _RunningFeed:
    """The newest frame of a camera, every so many seconds."""

    def __init__(self, camera: str, source: Source, schedule: Schedule, every_s: float, report: Report) -> None:
        self._camera, self._source, self._schedule = camera, source, schedule
        self._every_s, self._report = every_s, report
        self._due = 0.0
        self._away = False

    @property
    def ended(self) -> bool:
        return self._source.health().ended

    def next(self) -> tuple[Image, str] | None:
        self._tell()
        if time.monotonic() < self._due or not self._schedule.open(datetime.now(UTC)):
            return None
        captured = self._source.newest()
        if captured is None:
            return None
        self._due = time.monotonic() + self._every_s
        return captured.image, file_stem(self._camera, captured.taken.astimezone().replace(tzinfo=None))

    def _tell(self) -> None:
        health = self._source.health()
        away = health.state != "live" and health.why != CONNECTING
        if away != self._away and (away or health.state == "live"):
            self._away = away
            self._report(self._camera, f"{health.state}{f' ({health.why})' if health.why else ''}")


class _StoredFeed:
    """The frames of a folder or video, one after the other."""

    def __init__(self, frames: tuple[Frame, ...]) -> None:
        self._frames: Iterator[Frame] = iter(frames)
        self._left = len(frames)

    @property
    def ended(self) -> bool:
        return not self._left

    def next(self) -> tuple[Image, str] | None:
        frame = next(self._frames, None)
        if frame is None:
            return None
        self._left -= 1
        number = "" if frame.index is None else f"_{frame.index:06d}"
        stem = file_stem(frame.camera, frame.taken) if frame.taken else f"{frame.camera}_{frame.path.stem}{number}"
        return load(frame), stem


_Feed = _RunningFeed | _StoredFeed


def file_stem(camera: str, taken: datetime) -> str:
    """What a frame's file is called, without its ending: camera and local time, as ``lotwise adapt`` reads it.

    >>> file_stem("gate", datetime(2026, 1, 2, 3, 4, 5))
    'gate_2026-01-02_03_04_05'
    """
    moment = f"{taken:%Y-%m-%d_%H_%M_%S}"
    named = f"{camera}_{moment}"
    # An id that itself looks like a time would be read as the frame's.
    return named if parse_time(named) == taken.replace(microsecond=0) else moment

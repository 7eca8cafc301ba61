"""Keeps pictures of a site's cameras for later training: one of each camera every so many seconds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from itertools import chain, count
from pathlib import Path

import cv2

from lotwise.cameras.site.frames import chosen_cameras
from lotwise.cameras.site.reading import read_site
from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceState
from lotwise.cameras.sources.source import open_source
from lotwise.datasets.whole_file import write_whole

JPEG_QUALITY = 95
"""Of 100, for the JPEG files. Chosen high: what a student learns from should show what the camera gave."""
SOURCES_POLL_S = 0.5
"""Seconds after which the state of all sources is looked at, also where none calls."""

Report = Callable[[str, str], None]
"""Called with a camera's id and one line about it."""


def record_frames(
    path: Path,
    cameras: tuple[str, ...] | None,
    folder: Path,
    every_s: float,
    most: int | None,
    stop: threading.Event,
    report: Report,
) -> dict[str, int]:
    """Write ``folder/<camera>/<local time>.jpg`` until stopped, until each camera has its number, or all have ended.

    Args:
        path: the site file.
        cameras: ids; None for all.
        folder: as ``lotwise adapt --dataset folder --root`` reads it.
        every_s: seconds between two pictures of a camera.
        most: pictures of each camera; None for no end.
        stop: ends it.
        report: called when a camera goes away or comes back.

    Returns:
        How many were written of each camera.

    Raises:
        InputError: a broken site file or an unknown camera.
        OSError: the folder cannot be written.
    """
    site = read_site(path)
    names = chosen_cameras(site, path, cameras)
    arrived = threading.Event()
    with ExitStack() as closing:
        sources = {}
        for name in names:
            sources[name] = open_source(site.cameras[name].source, name, arrived.set, every_s, path.parent)
            closing.callback(sources[name].close)
        written = dict.fromkeys(names, 0)
        due = dict.fromkeys(names, 0.0)
        states: dict[str, SourceState] = dict.fromkeys(names, "live")
        while not stop.is_set():
            for name, source in sources.items():
                full = most is not None and written[name] >= most
                if not full and time.monotonic() >= due[name] and (captured := source.newest()) is not None:
                    _write(folder / name, captured)
                    written[name] += 1
                    due[name] = time.monotonic() + every_s
                health = source.health()
                if health.state != states[name]:
                    states[name] = health.state
                    report(name, f"{health.state}{f' ({health.why})' if health.why else ''}")
            over = {name for name, source in sources.items() if source.health().ended}
            over |= {name for name in names if most is not None and written[name] >= most}
            if len(over) == len(names):
                break
            arrived.wait(SOURCES_POLL_S)
            arrived.clear()
    return written


def _write(folder: Path, captured: CapturedFrame) -> None:
    """One JPEG, whole or not at all, under a name that no other picture has."""
    good, data = cv2.imencode(".jpg", captured.image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    assert good
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(_unused(folder, f"{captured.taken.astimezone():%Y-%m-%d_%H_%M_%S}"), data.tobytes(), sync=False)


def _unused(folder: Path, name: str) -> Path:
    """A file of this name, numbered where it is there already; made empty, so that nobody else takes it."""
    # Three digits behind the seconds read as milliseconds, which whoever reads the time leaves out.
    for stem in chain([name], (f"{name}_{number:03}" for number in count(1))):
        file = folder / f"{stem}.jpg"
        try:
            file.open("xb").close()
        except FileExistsError:
            continue
        return file
    raise AssertionError

"""Runs a site's node until it is told to stop: with a live view on a terminal, quietly under systemd."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.live import Live

from lotwise.cameras.site.reading import read_site
from lotwise.cameras.site.settings import Site
from lotwise.node.node import Node
from lotwise.node.places import lot_places, place_states
from lotwise.node.start import Service, open_service
from lotwise.node.state import Counts, NodeNow
from lotwise.node.systemd import notify, watchdog_s, writes_to_journal
from lotwise.node.terminal import live_view

HEARTBEAT_PERIOD_S = 5.0
"""Seconds between two touches of the heartbeat file: what a restart can be wrong by about when the node was last
well."""
LIVE_VIEW_PERIOD_S = 1.0
"""Seconds between two pictures of the live view on a terminal."""
LOG_LINES_SHOWN = 6
"""Last lines of the log below the live view: with nine cameras the whole fits a terminal of 24 lines."""

ALWAYS_TOLD = ("lotwise.node.hub", "lotwise.node.node.bundles", "lotwise.node.node.readers")
"""Loggers whose information is told even where there are only warnings else: what leaves for the hub, what comes from
it, which bundle runs, and whether a neighbour reads frames. These are few."""

log = logging.getLogger(__name__)


def run_site(
    path: Path, cameras: tuple[str, ...] | None, console: Console, verbose: bool = False, site: Site | None = None
) -> Node:
    """Run the node of a site file until SIGTERM, Ctrl-C, or the end of all its stored sources.

    Args:
        path: the site file.
        cameras: ids; None for all.
        console: where a live view is drawn, if it is a terminal.
        verbose: log every slot too.
        site: what the file says, where it was read already.

    Returns:
        The node, which tells how everything was at the end.

    Raises:
        InputError: the site cannot be run as it stands.
    """
    site = read_site(path) if site is None else site
    with _files_for_user_and_group():
        return _run(site, path, cameras, console, verbose)


def _run(site: Site, path: Path, cameras: tuple[str, ...] | None, console: Console, verbose: bool) -> Node:
    service = open_service(site, path, cameras)
    log_lines: deque[str] = deque(maxlen=LOG_LINES_SHOWN)
    stop = threading.Event()
    with until_told(stop), _logging(log_lines if console.is_terminal else None, verbose):
        try:
            service.start()
            notify("READY=1")
            _serve(service, console, log_lines, stop)
        finally:
            notify("STOPPING=1")
            service.close()
    return service.node


def summary(now: NodeNow) -> str:
    """One line for the end of a run."""
    lot = Counts.of(place_states(lot_places(now)))
    looked = sum(camera.looked for camera in now.cameras.values())
    detected = sum(camera.detected for camera in now.cameras.values())
    return (
        f"{now.site}: {looked} frames looked at, {detected} detected; "
        f"{lot.free} free, {lot.occupied} occupied, {lot.unknown} unknown"
    )


def _serve(service: Service, console: Console, log_lines: deque[str], stop: threading.Event) -> None:
    watched = watchdog_s()
    tick = min(LIVE_VIEW_PERIOD_S, watched / 3) if watched else LIVE_VIEW_PERIOD_S
    last_heartbeat, stuck = 0.0, ""
    before, moment = service.node.now(), time.monotonic()
    with Live(console=console, auto_refresh=False) if console.is_terminal else _nothing() as view:
        while not stop.is_set() and not service.node.wait(0):
            stop.wait(tick)
            problem = service.node.stuck()
            if problem is None:
                notify("WATCHDOG=1")
                if time.monotonic() - last_heartbeat > HEARTBEAT_PERIOD_S:
                    last_heartbeat = time.monotonic()
                    service.heartbeat()
            elif not stuck:  # once: its words change with every second
                log.error("%s", problem)
            stuck = problem or ""
            if view is not None:
                now, later = service.node.now(), time.monotonic()
                view.update(live_view(now, before, later - moment, tuple(log_lines)), refresh=True)
                before, moment = now, later


@contextmanager
def _files_for_user_and_group() -> Iterator[None]:
    """What the node writes is for its user and group, whoever starts it."""
    before = os.umask(0o027)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _nothing() -> Iterator[None]:
    yield None


@contextmanager
def until_told(stop: threading.Event) -> Iterator[None]:
    """SIGTERM and Ctrl-C end the node in order; a second Ctrl-C at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def asked(number: int, frame: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    for number in before:
        signal.signal(number, asked)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Lines(logging.Handler):
    """Keeps the last lines for the live view."""

    def __init__(self, lines: deque[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(self.format(record).splitlines()[0])


@contextmanager
def _logging(lines: deque[str] | None, verbose: bool) -> Iterator[None]:
    """To the live view where there is one; else warnings, and what is always told, to stderr, where systemd's journal
    picks them up."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr) if lines is None else _Lines(lines)
    stamp = "" if lines is None and writes_to_journal() else "%(asctime)s "
    times = "%Y-%m-%d %H:%M:%S" if lines is None else "%H:%M:%S"
    handler.setFormatter(logging.Formatter(f"{stamp}%(levelname)s %(message)s", times))
    logger = logging.getLogger("lotwise")
    told = [logging.getLogger(name) for name in ALWAYS_TOLD]
    before = [(one, one.level) for one in (logger, *told)]
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.INFO if lines is not None else logging.WARNING)
    for one in told:
        one.setLevel(min(logger.level, logging.INFO))
    try:
        yield
    finally:
        for one, level in before:
            one.setLevel(level)
        logger.removeHandler(handler)

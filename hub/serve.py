"""Serves a hub until it is told to stop: HTTP, jobs, and what is due once a day."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from lotwise.hub.http.server import HubServer
from lotwise.hub.hub import Hub, empty_uploads, open_hub
from lotwise.hub.job_pool import job_pool, take_up
from lotwise.hub.reading import HubFile, read_hub
from lotwise.hub.retention import forget_old
from lotwise.hub.rollouts.advance import advance
from lotwise.node.run import until_told
from lotwise.node.systemd import notify, writes_to_journal
from lotwise.students.pipeline.folder_lock import locked_folder

TIDY_PERIOD_S = 3600.0
"""Seconds between two looks for what is kept long enough."""

log = logging.getLogger(__name__)


def serve_hub(path: Path, stop: threading.Event | None = None) -> None:
    """Serve until SIGTERM, Ctrl-C, or until ``stop`` is set.

    Args:
        path: the hub file.
        stop: ends it from within the process.

    Raises:
        InputError: the hub cannot be served as it stands, or is served by another process.
    """
    file, told = read_hub(path), stop or threading.Event()
    with (
        until_told(told),
        _logging(),
        locked_folder(file.settings.data, what="data folder", mend="stop the hub that runs"),
    ):
        _serve(file, told)


def _serve(file: HubFile, stop: threading.Event) -> None:
    hub = open_hub(file)
    with ExitStack() as opened:
        opened.callback(hub.close)
        pool = job_pool(file, hub.database)
        opened.callback(pool.stop)
        server = HubServer(replace(hub, job_came=pool.tell))
        opened.callback(server.close)
        opened.callback(notify, "STOPPING=1")
        empty_uploads(hub.folders)
        take_up(hub.database, file)
        server.start()
        pool.start()
        notify("READY=1")
        while True:
            do_hourly(hub)
            if stop.wait(TIDY_PERIOD_S):
                break
    log.info("hub %s has ended", file.settings.name)


def do_hourly(hub: Hub) -> None:
    """Forget what was kept long enough, and let a rollout go on. A database that is away for a moment ends no hub.

    Args:
        hub: the hub.
    """
    try:
        forget_old(hub)
        with hub.database.writing() as session:
            advance(session)  # as where a node was removed that had yet to decide
    except DBAPIError as error:
        why = " ".join(str(error.orig).split())
        log.error("old rows and pictures cannot be removed now: %s; it is tried again in an hour", why)


@contextmanager
def _logging() -> Iterator[None]:
    handler = logging.StreamHandler(sys.stderr)
    stamp = "" if writes_to_journal() else "%(asctime)s "
    handler.setFormatter(logging.Formatter(f"{stamp}%(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    logger = logging.getLogger("lotwise")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(before)
        logger.removeHandler(handler)

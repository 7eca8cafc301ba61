"""Serves a hub until it is told to stop: HTTP, jobs, and what is due once a day."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lotwise.hub.http.server import HubServer
from lotwise.hub.hub import empty_uploads, open_hub
from lotwise.hub.learning.worker import Worker
from lotwise.hub.reading import HubFile, read_hub
from lotwise.hub.retention import forget_old
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
    worker = Worker(file)
    hub = open_hub(file, worker.notice)
    server = HubServer(hub)
    try:
        empty_uploads(hub.folders)
        server.start()
        worker.start(hub.database)
        notify("READY=1")
        while True:
            forget_old(hub)
            if stop.wait(TIDY_PERIOD_S):
                break
    finally:
        notify("STOPPING=1")
        server.close()
        worker.close()
        hub.close()
    log.info("hub %s has ended", file.settings.name)


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

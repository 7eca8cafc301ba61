"""What a running hub stands on: its settings, folders, database, key and limits."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.nodes import node_of
from lotwise.hub.database.tables import NodeRow
from lotwise.hub.folders import HubFolders
from lotwise.hub.rate_limit import RateLimit
from lotwise.hub.reading import HubFile, read_codes
from lotwise.hub.store.open import open_store
from lotwise.hub.store.store import Store
from lotwise.node.hub.signing import Keys, own_keys

STRANGERS_PER_S = 5.0
"""Requests to enrol a second, of one address."""


@dataclass(frozen=True)
class Hub:
    """All that the hub's parts share.

    Attributes:
        file: the hub file.
        folders: of its data.
        database: opened.
        store: of frames and bundles.
        keys: with which bundles are signed.
        codes: that accept nodes at once, each with its group.
        node_limit, stranger_limit: how often nodes, and addresses that want to enrol, may ask.
        job_came: told that a job has come into the queue; must return at once.
    """

    file: HubFile
    folders: HubFolders
    database: Database
    store: Store
    keys: Keys
    codes: dict[str, str] = field(repr=False)
    node_limit: RateLimit
    stranger_limit: RateLimit
    job_came: Callable[[], None] = lambda: None

    def node(self, fingerprint: str) -> NodeRow | None:
        """A node by its whole fingerprint."""
        with self.database.reading() as session:
            return node_of(session, fingerprint)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()


def open_hub(file: HubFile) -> Hub:
    """A hub, its folder made and its database brought up to date.

    Raises:
        InputError: folder, database, store, key or codes cannot be used.
    """
    settings = file.settings
    folders = HubFolders(settings.data)
    codes = read_codes(file)
    _make(folders.data)
    database = open_database(file)
    try:
        store, keys = open_store(file), own_keys(folders.key)
    except BaseException:
        database.close()
        raise
    return Hub(
        file,
        folders,
        database,
        store,
        keys,
        codes,
        RateLimit(settings.limits.requests_per_s),
        RateLimit(STRANGERS_PER_S),
    )


def empty_uploads(folders: HubFolders) -> None:
    """Throw away what was received in part when the hub ended; nodes send it again. Of the one server alone.

    Raises:
        InputError: the folder cannot be written.
    """
    shutil.rmtree(folders.uploads, ignore_errors=True)
    _make(folders.uploads)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); mend its rights or give another data:") from (
            error
        )

"""What a store of frames and bundles can do, and how it fails."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol


class StoreFailed(OSError):
    """A store cannot be reached or refuses; an error of the disk, as far as callers mind. Its text holds no secret."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.EIO, why)


class NotStored(FileNotFoundError):
    """The store has nothing of this name, or something whose content is not what was stored."""

    def __init__(self, why: str) -> None:
        super().__init__(errno.ENOENT, why)


@dataclass(frozen=True)
class StoredFile:
    """A file in a store.

    Attributes:
        key: its name, parts joined by ``/``.
        bytes: its size.
        changed: when it was stored.
    """

    key: str
    bytes: int
    changed: datetime


class Store(Protocol):
    """Files by name. Each is there whole or not at all, and never changes: its name says its content."""

    def put(self, key: str, file: Path) -> None:
        """Store a local file, which is moved away. What has this name already is the same, and may be replaced.

        Raises:
            OSError: it cannot be stored; nothing of it is there then.
        """

    def local(self, key: str, sha256: str | None = None) -> Path:
        """A local file with this content, to read and not to change.

        Args:
            key: its name.
            sha256: what the content must hash to; looked at whenever it is fetched over a network.

        Raises:
            NotStored: there is none, or it is another content.
            OSError: the store cannot be reached, or the local disk is full.
        """

    def remove(self, key: str) -> None:
        """Forget a file; nothing happens where there is none.

        Raises:
            OSError: it cannot be removed.
        """

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """All files whose names begin with these parts.

        Raises:
            OSError: the store cannot be reached.
        """

    def check(self) -> None:
        """Find the store usable: write a small file and remove it.

        Raises:
            OSError: it is not.
        """


def sha256_of(file: Path) -> str:
    """Hash of a file, hex, in bounded memory."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Wait until a file or a folder's entries are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

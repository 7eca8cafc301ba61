"""A store that is a folder of this machine or of a mounted share."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from lotwise.hub.store.store import NotStored, StoredFile, sync

PARTIAL = ".part"
"""End of the name of a file that is being written."""


class FolderStore:
    """Files below a folder, by their names.

    Args:
        root: the folder; made when something is stored.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, file: Path) -> None:
        """Store a local file, which is moved away."""
        target = self._root / key
        target.parent.mkdir(parents=True, exist_ok=True)
        # Named by nobody else, and renamed once it is whole: a copy between two disks takes a while.
        partial = target.with_name(f".{uuid.uuid4().hex}{PARTIAL}")
        try:
            shutil.move(file, partial)
            sync(partial)
            partial.replace(target)
            sync(target.parent)
        finally:
            partial.unlink(missing_ok=True)

    def local(self, key: str, sha256: str | None = None) -> Path:
        """The file itself."""
        path = self._root / key
        if not path.is_file():
            raise NotStored(f"{path}: is not there")
        return path

    def remove(self, key: str) -> None:
        """Forget a file."""
        (self._root / key).unlink(missing_ok=True)

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """All files whose names begin with these parts."""
        for path in sorted((self._root / prefix).rglob("*")):
            if path.is_file() and not path.name.endswith(PARTIAL):
                found = path.stat()
                changed = datetime.fromtimestamp(found.st_mtime, UTC)
                yield StoredFile(path.relative_to(self._root).as_posix(), found.st_size, changed)

    def check(self) -> None:
        """Find the folder writable."""
        self._root.mkdir(parents=True, exist_ok=True)
        trial = self._root / f".{uuid.uuid4().hex}{PARTIAL}"
        trial.write_bytes(b"")
        trial.unlink()

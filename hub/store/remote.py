"""A store at another machine, by any protocol that fsspec speaks, with local copies of what is in use."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lotwise.cameras.site.secret import masked
from lotwise.hub.store.folder import PARTIAL
from lotwise.hub.store.keys import BUNDLES, FRAMES
from lotwise.hub.store.store import NotStored, StoredFile, StoreFailed, sha256_of, sync

DAY_S = 86400.0


class RemoteStore:
    """Files below a prefix of a file system of fsspec.

    Args:
        files: the file system.
        root: bucket and prefix.
        copies: folder of local copies, which have the same names there.
        name: what errors call the store.
        secrets: that errors must not show.
        written_whole: whether the protocol shows a file only once it is whole; else it is written beside its place
            and renamed.
    """

    def __init__(
        self,
        files: Any,
        root: str,
        copies: Path,
        name: str,
        secrets: tuple[str, ...] = (),
        written_whole: bool = True,
    ) -> None:
        self._files, self._root, self._copies, self._written_whole = files, root.rstrip("/"), copies, written_whole
        self._name, self._secrets = name, secrets

    def put(self, key: str, file: Path) -> None:
        """Store a local file; it stays as the local copy, since what has just come is what is learned from next."""
        size = file.stat().st_size
        with self._told(key):
            written = self._at(key if self._written_whole else f"{key}.{uuid.uuid4().hex}{PARTIAL}")
            self._files.put_file(str(file), written)
            self._files.invalidate_cache()
            if self._files.size(written) != size:
                raise StoreFailed(f"{self._name}: {key}: was stored in part only")
            if written != self._at(key):
                self._files.mv(written, self._at(key))
        copy = self._copies / key
        copy.parent.mkdir(parents=True, exist_ok=True)
        os.replace(file, copy)

    def local(self, key: str, sha256: str | None = None) -> Path:
        """A local copy, fetched where there is none yet."""
        copy = self._copies / key
        if copy.is_file():
            os.utime(copy)  # when it was used last
            return copy
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial = copy.with_name(f".{uuid.uuid4().hex}{PARTIAL}")
        try:
            with self._told(key):
                self._files.get_file(self._at(key), str(partial))
            if sha256 is not None and sha256_of(partial) != sha256:
                raise NotStored(f"{self._name}: {key}: has another content than was stored")
            sync(partial)
            partial.replace(copy)
        finally:
            partial.unlink(missing_ok=True)
        return copy

    def remove(self, key: str) -> None:
        """Forget a file and its local copy."""
        with self._told(key), suppress(FileNotFoundError):
            self._files.rm_file(self._at(key))
        (self._copies / key).unlink(missing_ok=True)

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """All files whose names begin with these parts."""
        with self._told(prefix):
            self._files.invalidate_cache()
            try:
                found = self._files.find(self._at(prefix), detail=True)
            except FileNotFoundError:
                found = {}
        for path, about in sorted(found.items()):
            key = str(path).partition(f"{self._root.strip('/')}/")[2]
            if key.endswith(PARTIAL):
                continue
            yield StoredFile(key, int(about["size"]), _changed(about))

    def check(self) -> None:
        """Find the store writable."""
        key = f"check-{uuid.uuid4().hex}"
        try:
            with self._told(key):
                self._files.pipe_file(self._at(key), b"lotwise")
                self._files.rm_file(self._at(key))
        except NotStored:
            raise StoreFailed(f"{self._name}: there is no such bucket or folder; make it first") from None

    def forget_copies(self, older_than_s: float = 7 * DAY_S) -> int:
        """Delete local copies that nobody has used for so long, and return how many.

        What the store does not have is stored first and stays for now: it came before the hub was given this store.

        Raises:
            OSError: the store cannot be reached, or refuses.
        """
        gone, now = 0, time.time()
        # Never all of the folder: students and tables may lie beside them.
        found = (*self._copies.glob(f"{FRAMES}/**/*"), *self._copies.glob(f"{BUNDLES}/**/*"))
        old = [path for path in found if path.is_file() and now - path.stat().st_mtime > older_than_s]
        if not old:
            return gone
        stored = {file.key for prefix in (FRAMES, BUNDLES) for file in self.files(prefix)}
        for path in old:
            key = path.relative_to(self._copies).as_posix()
            if key in stored or key.endswith(PARTIAL):
                path.unlink(missing_ok=True)
                gone += 1
            elif path.is_file():  # a removed node may have taken it meanwhile
                self.put(key, path)
        return gone

    def _at(self, key: str) -> str:
        return f"{self._root}/{key}"

    @contextmanager
    def _told(self, key: str) -> Iterator[None]:
        """Errors of any protocol's library as one kind, in one line without a secret."""
        try:
            yield
        except StoreFailed:
            raise
        except FileNotFoundError as error:
            raise NotStored(f"{self._name}: {key}: is not there") from error
        except Exception as error:
            why = " ".join(str(error).split()) or type(error).__name__
            # Without the cause, whose own text may hold what a server was sent.
            raise StoreFailed(masked(f"{self._name}: {why}", self._secrets)) from None


def _changed(about: dict[str, Any]) -> datetime:
    """When a file was stored, as the protocols name it; now where one does not say."""
    for name in ("LastModified", "last_modified", "mtime", "created"):
        said = about.get(name)
        if isinstance(said, datetime):
            return said.replace(tzinfo=UTC) if said.tzinfo is None else said
        if isinstance(said, int | float):
            return datetime.fromtimestamp(said, UTC)
    return datetime.now(UTC)

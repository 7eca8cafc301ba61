"""Downloads one file of an offered bundle: goes on where it was cut, and keeps nothing that is not what was signed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Literal

from lotwise.cameras.detection.bundle import sha256
from lotwise.node.hub.client import CHUNK, HubClient
from lotwise.node.hub.failure import HubFailed
from lotwise.node.hub.messages import OfferedFile

Outcome = Literal["whole", "wrong", "unfinished"]
"""``wrong``: not what was signed, and thrown away; ``unfinished``: the rest comes later."""


class DiskFailed(Exception):
    """The disk did not take what came; one line."""


@dataclass(frozen=True)
class Limits:
    """When a download pauses.

    Attributes:
        until: moment (``time.monotonic``) from which no more is read.
        stop: the node ends.
        took: is told of bytes that came, and says how many more may come today.
    """

    until: float
    stop: Event
    took: Callable[[int], int]

    def over(self) -> bool:
        """Whether to pause now."""
        return self.stop.is_set() or time.monotonic() >= self.until


def part_of(target: Path) -> Path:
    """Where a file lies while it is not whole."""
    return target.with_name(f".{target.name}.part")


def download(client: HubClient, path: str, file: OfferedFile, target: Path, limits: Limits) -> Outcome:
    """Bring a file of a bundle to where it belongs; little of it is in memory at any moment.

    Args:
        client: asks the hub.
        path: of the file on the hub.
        file: its size and SHA-256, as the hub has signed them.
        target: gets the file once it is whole; in a folder that is there.
        limits: when to pause.

    Raises:
        HubFailed: the hub does not give it, or the connection broke off; what came is kept.
        DiskFailed: it cannot be written.
    """
    part = part_of(target)
    try:
        there = part.stat().st_size if part.exists() else 0
        if there < file.bytes:
            there = _go_on(client, path, file, part, there, limits)
            if there < file.bytes:
                return "unfinished"
        elif not part.exists():
            part.touch()
        if there != file.bytes or sha256(part) != file.sha256:
            part.unlink()
            return "wrong"
        part.replace(target)
    except OSError as error:
        raise DiskFailed(f"{error.filename or target}: cannot be written ({error.strerror})") from error
    return "whole"


def _go_on(client: HubClient, path: str, file: OfferedFile, part: Path, there: int, limits: Limits) -> int:
    """Read on. Returns how many bytes are there then; more than were announced where too many came."""
    if limits.over() or limits.took(0) <= 0:
        return there
    try:
        with client.download(path, there) as response:
            if response.status == 206:
                if not str(response.headers.get("Content-Range", "")).startswith(f"bytes {there}-"):
                    raise HubFailed(f"{path} does not go on where it was cut; check what stands before the hub")
            else:
                there = 0
            with _Written(part, there) as written:
                while part_read := response.read(CHUNK):
                    written.write(part_read)
                    there += len(part_read)
                    if limits.took(len(part_read)) <= 0 or limits.over() or there > file.bytes:
                        return there
    except HubFailed as error:
        if error.status == 416:  # the hub's file is shorter: ours is of another one
            part.unlink(missing_ok=True)
        raise
    if there < file.bytes:
        raise HubFailed(f"{path}: the connection broke off after {there} of {file.bytes} bytes")
    return there


class _Written:
    """A file that is written on from a place; its errors are the disk's, not the connection's."""

    def __init__(self, path: Path, start: int) -> None:
        self._path, self._start = path, start

    def __enter__(self) -> _Written:
        try:
            self._file = self._path.open("ab" if self._start else "wb")
        except OSError as error:
            raise self._failed(error) from error
        return self

    def write(self, data: bytes) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            raise self._failed(error) from error

    def __exit__(self, *_: object) -> None:
        try:
            with self._file:
                self._file.flush()
                os.fsync(self._file.fileno())
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> DiskFailed:
        return DiskFailed(f"{self._path}: cannot be written ({error.strerror})")

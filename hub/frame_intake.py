"""Frames that nodes send: received in bounded memory, looked at, and there whole or not at all."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.images import decode_image
from lotwise.hub.database import frames
from lotwise.hub.database.cameras import camera_of
from lotwise.hub.hub import Hub
from lotwise.hub.learning.enqueue import enqueue_due
from lotwise.hub.store.keys import frame_key
from lotwise.hub.store.store import StoreFailed

log = logging.getLogger(__name__)

MAX_AHEAD = timedelta(days=1)
"""By how much a frame may be of the future: clocks differ, and nobody photographs next week."""
FULL_TOLD_EVERY_S = 60.0
"""Seconds between two lines of the log on a full disk."""
_told_full = [-FULL_TOLD_EVERY_S]


class NoRoom(Exception):
    """A frame cannot be kept now; its text says why, ``again_s`` when the node may come again."""

    def __init__(self, why: str, again_s: float) -> None:
        super().__init__(why)
        self.again_s = again_s


class NoFrame(Exception):
    """What was sent is no frame that the hub can use; its text says why."""


@dataclass(frozen=True)
class Sent:
    """A frame as its node describes it.

    Attributes:
        node, camera: whose it is.
        sha256: of its file.
        taken: with time zone.
        why: what is new in it.
    """

    node: str
    camera: str
    sha256: str
    taken: datetime
    why: tuple[str, ...]


def check_room(hub: Hub, node: str, size: int) -> None:
    """Find room for a frame.

    Args:
        hub: the hub.
        node: whose frame it is.
        size: bytes.

    Raises:
        NoRoom: the node's quota is used up, or the disk is as full as it may be.
    """
    limits = hub.file.settings.limits
    with hub.database.reading() as session:
        used = frames.bytes_of(session, node)
    if used + size > limits.node_mb * 1e6:
        raise NoRoom(f"this node's frames take {used / 1e6:.0f} of {limits.node_mb:g} MB at the hub", 86_400)
    if shutil.disk_usage(hub.folders.data).free - size < limits.free_mb * 1e6:
        raise _full(hub)


class Receiving:
    """A frame while it comes in: a file that is thrown away unless it is kept.

    Args:
        hub: the hub.
        sent: what is to come.
    """

    def __init__(self, hub: Hub, sent: Sent) -> None:
        self._hub, self._sent = hub, sent
        self._digest, self._size = hashlib.sha256(), 0
        self._path = hub.folders.uploads / f"{uuid.uuid4().hex}.part"
        try:
            self._file = self._path.open("xb")
        except OSError as error:
            raise _full(hub, error) from error

    def write(self, part: bytes) -> None:
        """Take in what has come.

        Raises:
            NoRoom: the disk is full.
        """
        try:
            self._file.write(part)
        except OSError as error:
            raise _full(self._hub, error) from error
        self._digest.update(part)
        self._size += len(part)

    def keep(self) -> bool:
        """Look at the whole frame and keep it; whether it is a new one. What its camera is due for now is queued.

        Raises:
            NoFrame: it is another one than was said, or no picture that can be used.
            NoRoom: the disk is full.
        """
        hub, sent = self._hub, self._sent
        if self._digest.hexdigest() != sent.sha256:
            raise NoFrame("the frame that came is not the one that its name says; send it again")
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            check_picture(self._path, hub.file.settings.limits.frame_megapixels)
            hub.store.put(frame_key(sent.node, sent.camera, sent.sha256), self._path)
        except OSError as error:
            raise _full(hub, error) from error
        with hub.database.writing() as session:
            new = frames.add_frame(
                session, sent.node, sent.camera, sent.sha256, sent.taken, sent.why, self._size, datetime.now(UTC)
            )
            camera = camera_of(session, sent.node, sent.camera)
            learning = hub.file.settings.learning
            queued = new and camera is not None and enqueue_due(session, camera, learning) is not None
        if queued:
            hub.job_came()
        return new

    def close(self) -> None:
        """Throw away what was not kept."""
        try:
            self._file.close()
        finally:
            self._path.unlink(missing_ok=True)


def check_picture(path: Path, megapixels: float) -> None:
    """Find a file to be a JPEG that decodes, of not too many pixels; that is read from its header first.

    Raises:
        NoFrame: it is not.
    """
    data = path.read_bytes()
    if not data.startswith(b"\xff\xd8"):
        raise NoFrame("a frame must be a JPEG")
    try:
        decode_image(data, "the frame", 8, int(megapixels * 1e6))
    except UnreadableImage as error:
        raise NoFrame(str(error)) from error


def taken_at(text: str, now: datetime | None = None) -> datetime:
    """When a frame was taken.

    Raises:
        NoFrame: no moment with time zone, or one of the future.
    """
    try:
        taken = datetime.fromisoformat(text)
    except ValueError:
        taken = None
    if taken is None or taken.tzinfo is None:
        raise NoFrame("it must say when it was taken, as ISO 8601 with offset")
    if taken > (now or datetime.now(UTC)) + MAX_AHEAD:
        raise NoFrame("it was taken in the future; set the node's clock (NTP)")
    return taken


def _full(hub: Hub, error: OSError | None = None) -> NoRoom:
    """The disk is full or cannot be written: told in the log, but not with each frame."""
    now = time.monotonic()
    if now - _told_full[0] >= FULL_TOLD_EVERY_S:
        _told_full[0] = now
        free = "" if error is None else f" ({error.strerror})"
        log.error("%s: no room for frames%s; make room, nodes keep theirs meanwhile", hub.folders.data, free)
    if isinstance(error, StoreFailed):
        return NoRoom("the hub's store cannot be used now; its operators must mend that", 600)
    return NoRoom("the hub's disk is full; its operators must make room", 600)

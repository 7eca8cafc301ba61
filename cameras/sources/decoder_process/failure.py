"""Why a camera cannot be had, in one line without address and password."""

from __future__ import annotations

import errno
import os

import av
import av.error

_REFUSED_STATUS = (401, 403)


_MAX_LENGTH = 200
"""Characters of a reason; a camera's own words, which may be of any length and hold anything, are part of it."""


class Failure(Exception):
    """A camera cannot be had, and why.

    Attributes:
        refused: it refused the user and password, so that asking often would be harmful.
    """

    def __init__(self, why: str, refused: bool = False) -> None:
        super().__init__(_one_line(why))
        self.refused = refused


def _one_line(text: str) -> str:
    """In one line of printable characters, cut where it is too long."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= _MAX_LENGTH else line[: _MAX_LENGTH - 1] + "…"


def status_failure(status: int, reason: str = "") -> Failure:
    """The failure that an HTTP or RTSP status means."""
    if status in _REFUSED_STATUS:
        return Failure(f"the camera refuses this username and password (status {status})", refused=True)
    if status == 404:
        return Failure("the camera knows no such path (status 404); check the address")
    return Failure(f"the camera answers with status {status} {reason}".rstrip())


def failure_of(error: Exception) -> Failure:
    """The failure that an error of FFmpeg, of a socket or of anything else means.

    Texts of FFmpeg hold addresses with passwords: of its errors only the kind is used.
    """
    match error:
        case Failure():
            return error
        case av.error.HTTPUnauthorizedError():
            return status_failure(401)
        case av.error.HTTPForbiddenError():
            return status_failure(403)
        case av.error.HTTPNotFoundError():
            return status_failure(404)
        case av.error.EOFError():
            return Failure("the camera ended the stream")
        case av.error.InvalidDataError():
            return Failure("the camera sends no stream that can be understood")
        case TimeoutError():
            return Failure("the camera does not answer in time")
        case MemoryError():
            return Failure("the camera's pictures need too much memory")
        case OSError(errno=int(code)) if code in errno.errorcode:
            return Failure(os.strerror(code).lower())
        case av.error.FFmpegError(strerror=text) if text:
            return Failure(text.lower())
        case _:
            return Failure(f"unexpected {type(error).__name__}")

"""Ids of cameras as a hub takes them: they name folders and stand in what is signed, line by line."""

from __future__ import annotations

from lotwise.datasets.errors import InputError

MAX_CHARACTERS, MAX_BYTES = 64, 200
"""Of an id; a file's name may have 255 bytes."""


def checked_id(camera: str) -> str:
    """The id itself.

    >>> checked_id("C1")
    'C1'

    Raises:
        InputError: it is too long, or cannot name a folder.
    """
    plain = camera.isprintable() and not set(camera) & set("/\\") and not camera.startswith(".")
    if not camera or not plain or len(camera) > MAX_CHARACTERS or len(camera.encode()) > MAX_BYTES:
        raise InputError(
            f"camera {camera[:MAX_CHARACTERS]!r}: give it an id of at most {MAX_CHARACTERS} printable characters, "
            "without / or \\ and without . at its start"
        )
    return camera

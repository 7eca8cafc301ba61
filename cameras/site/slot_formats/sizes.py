"""Sizes of pictures as files and command lines write them."""

from __future__ import annotations

from contextlib import suppress

from lotwise.datasets.errors import InputError
from lotwise.datasets.image_header import Size


def size_of(width: object, height: object) -> Size | None:
    """Width and height from numbers or texts; None where they are no whole numbers above 0.

    >>> size_of("1280", 720.0), size_of(None, 720), size_of(1280, 0)
    ((1280, 720), None, None)
    """
    with suppress(TypeError, ValueError, OverflowError):
        size = int(float(str(width))), int(float(str(height)))
        return size if min(size) > 0 else None
    return None


def parse_size(text: str, flag: str) -> Size:
    """Width and height from ``1280x720``.

    Raises:
        InputError: anything else; the message names the flag.
    """
    width, _, height = text.lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise InputError(f"{flag} {text}: expected WIDTHxHEIGHT in pixels, such as 1280x720")
    return int(width), int(height)

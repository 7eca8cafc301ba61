"""Text that every encoder takes."""

from __future__ import annotations


def printable(text: str) -> str:
    r"""The same text; what is no letter, such as a byte of a file name that is no UTF-8, becomes a question mark.

    >>> printable("S\udcfcd_1.jpg: cut off")
    'S?d_1.jpg: cut off'
    """
    return text.encode(errors="replace").decode()

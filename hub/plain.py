"""What nodes have written, made fit to be shown."""

from __future__ import annotations


def plain_line(text: str) -> str:
    """What a node has written, as one line without characters that steer a terminal or end a line of the log.

    >>> plain_line("no\\nERROR")
    'no ERROR'
    """
    return "".join(one for one in " ".join(text.split()) if one.isprintable())

"""What the node's log says of its hub: each thing once, and again only when it has changed."""

from __future__ import annotations

import logging

_DIGITS = str.maketrans("", "", "0123456789")


class Telling:
    """Log lines by topic; a line that differs from the last one of its topic in numbers only is not said again.

    Args:
        log: where to.
        who: what each line begins with, such as ``hub https://hub.example.org``.
    """

    def __init__(self, log: logging.Logger, who: str) -> None:
        self._log, self._who = log, who
        self._told: dict[str, str] = {}

    def warn(self, topic: str, line: str) -> None:
        """Something that somebody should look at."""
        self._say(logging.WARNING, topic, line)

    def note(self, topic: str, line: str) -> None:
        """Something that is as it should be."""
        self._say(logging.INFO, topic, line)

    def over(self, topic: str) -> None:
        """What was told of this is over; it is told again when it comes back."""
        self._told.pop(topic, None)

    def _say(self, level: int, topic: str, line: str) -> None:
        plain = line.translate(_DIGITS)
        if self._told.get(topic) == plain:
            return
        if len(self._told) > 1000:  # topics may carry identities of bundles
            self._told.clear()
        self._told[topic] = plain
        self._log.log(level, "%s: %s", self._who, line)

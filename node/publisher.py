"""What a publisher is: MQTT, the HTTP server, or a webhook of yours, which tells others what the node knows.

A publisher runs in its own threads and reads the node for itself, so that a slow broker or client never makes a camera
wait. It has two sources: :meth:`Node.now` gives all states as they are at this moment, and the journal gives every
event in order. One that must not miss an event attaches to the journal under a name of its own (``journal.attach``),
reads with ``journal.undelivered`` and confirms with ``journal.delivered``: what it has not confirmed is kept for it,
through restarts too.

To add one, write a class with the methods below, and put the function that makes it into the list of
:mod:`lotwise.node.publisher_list`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lotwise.cameras.site.settings import Site
from lotwise.node.journal.journal import Journal
from lotwise.node.node import Node
from lotwise.node.trust.reservoirs import Reservoirs


class Publisher(Protocol):
    """Tells the outside from ``start`` to ``close``."""

    def start(self) -> None:
        """Begin, and return at once. Called before the first frame is looked at.

        Raises:
            InputError: it can never work as it is set up, such as a port that another program uses. The node does not
                start then. What may mend itself, such as a broker that is away, is no error.
        """

    def wake(self) -> None:
        """An event was recorded or a state has changed. Called from the cameras' threads: it must not wait."""

    def close(self) -> None:
        """Tell what is left, within a few seconds, and end. Called after the last frame; twice is no error."""

    def metrics(self) -> Mapping[str, float]:
        """Its own figures for ``/metrics`` by full name; names of counters end with ``_total``."""


@dataclass(frozen=True)
class Surroundings:
    """What a publisher is made from.

    Attributes:
        site: the whole site file, with absolute paths.
        folder: that the site file lies in; secrets are relative to it.
        node: asked how everything is.
        journal: every event in order, and how far each subscriber has read.
        reservoirs: frames worth learning from.
    """

    site: Site
    folder: Path
    node: Node
    journal: Journal
    reservoirs: Reservoirs

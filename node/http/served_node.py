"""What the HTTP server may ask of a node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from lotwise.cameras.ignore.region import Box, IgnoreRegion
from lotwise.datasets.frame import Image, Slot
from lotwise.node.journal.query import EventQuery
from lotwise.node.state import CameraNow, Event, NodeNow


class ServedNode(Protocol):
    """A running node as its HTTP server sees it; every method is called from the server's threads."""

    def now(self) -> NodeNow:
        """How everything is; quick, never waits for a camera or a disk."""

    def stuck(self) -> str | None:
        """One line on why frames are no longer looked at; None while the node's loop turns."""

    def picture(self, camera: str) -> tuple[Image, CameraNow, tuple[Slot, ...]] | None:
        """The last frame, what was known when it was looked at or since, and the slots of its camera.

        The image is shared: nobody changes it any more. None before the first frame.
        """

    def events(self, query: EventQuery) -> Sequence[Event]:
        """History, as ``Journal.events`` gives it: the events that are asked for, in order of their numbers."""

    def last_event(self) -> int:
        """Number of the newest event; 0 before the first."""

    def accept_view(self, camera: str) -> None:
        """What this camera sees now is its view from here on.

        Raises:
            InputError: it sees nothing that could be accepted.
        """

    def ignore(self, camera: str, box: Box, note: str = "") -> IgnoreRegion:
        """What this box (xyxy in 0..1 of the view) holds is no vehicle, from here on.

        Raises:
            InputError: that is no box in the frame, or it cannot be kept.
        """

    def stop_ignoring(self, camera: str, region: str) -> None:
        """Take such a region back, by its id.

        Raises:
            InputError: there is none of this id, or that cannot be kept.
        """

    def metrics(self) -> Mapping[str, float]:
        """Further metrics by full name such as ``lotwise_mqtt_connected``; counters end with ``_total``."""

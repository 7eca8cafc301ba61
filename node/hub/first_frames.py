"""Keeps frames of a camera that nothing else keeps, while its hub asks for some: before its first bundle above all.

A camera without a bundle is not sampled, so nothing says which of its frames are new. A frame now and then is offered
to the same reservoir, which keeps those that look different from what it has.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from lotwise.node.hub.linked_node import LinkedNode
from lotwise.node.trust.reservoirs import Reservoirs

FIRST, ASKED = "first frames", "asked for"
"""Why a frame was kept: the camera has no bundle yet, or the hub asks for frames and there are no new ones."""


@dataclass
class _Seen:
    due: float = 0.0
    taken: datetime | None = None


class FirstFrames:
    """Used by one thread.

    Args:
        node: whose pictures are looked at.
        reservoirs: where frames are kept.
        waiting: how many frames of a camera wait to be sent.
        every_s: seconds between two frames of a camera without a bundle.
        later_s: the same, of a camera with one.
        clock: seconds; monotonic.
    """

    def __init__(
        self,
        node: LinkedNode,
        reservoirs: Reservoirs,
        waiting: Callable[[str], int],
        every_s: float,
        later_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._node, self._reservoirs, self._waiting = node, reservoirs, waiting
        self._every_s, self._later_s, self._clock = every_s, max(every_s, later_s), clock
        self._seen: dict[str, _Seen] = {}

    def look(self, wanted: Mapping[str, int], has_bundle: Mapping[str, bool]) -> int:
        """Look at the cameras that are due, and keep what differs.

        Args:
            wanted: frames that the hub can use, by camera whose frames may leave.
            has_bundle: whether a camera has a live bundle.

        Returns:
            How many frames were kept.

        Raises:
            InputError: privacy masks that cannot be read.
            OSError: a frame cannot be written.
        """
        return sum(
            self._keep(camera, has_bundle.get(camera, False)) for camera in wanted if self._asked(camera, wanted)
        )

    def _asked(self, camera: str, wanted: Mapping[str, int]) -> bool:
        return self._waiting(camera) < wanted[camera] and self._clock() >= self._seen.setdefault(camera, _Seen()).due

    def _keep(self, camera: str, has_bundle: bool) -> bool:
        if has_bundle and self._waiting(camera):
            return False  # frames in which something is new teach more
        shown = self._node.picture(camera)
        if shown is None:
            return False
        image, now, _ = shown
        seen = self._seen[camera]
        if now.time is None or now.time == seen.taken or now.source.state != "live" or now.view.verdict != "good":
            return False
        seen.taken, seen.due = now.time, self._clock() + (self._later_s if has_bundle else self._every_s)
        return self._reservoirs.of(camera).offer(image, now.time, (ASKED if has_bundle else FIRST,))

"""Offloading of a site: its neighbour, and what all of its cameras share."""

from __future__ import annotations

import threading
from pathlib import Path

from lotwise.cameras.site.offload import OffloadSettings
from lotwise.cameras.site.settings import CameraSettings
from lotwise.node.api_token import checked_token
from lotwise.node.hot_swap import HotSwap
from lotwise.node.offloading.client import NeighbourClient
from lotwise.node.offloading.lane import Lane
from lotwise.node.offloading.offloading import Offloading


class SiteOffloading:
    """Makes each camera's offloading.

    Args:
        settings: of the neighbour.
        base: folder of the site file, which secrets are relative to.
        workers: frames that are read here at once.

    Raises:
        InputError: the token cannot be read.
    """

    def __init__(self, settings: OffloadSettings, base: Path, workers: int) -> None:
        self._settings = settings
        self._token = checked_token(settings.token, base) if settings.token is not None else ""
        self._gate = threading.BoundedSemaphore(workers)

    def allows(self, camera: str) -> bool:
        """Whether frames of a camera may leave."""
        return self._settings.allows(camera)

    def camera(self, name: str, settings: CameraSettings, hot_swap: HotSwap) -> Offloading | None:
        """Offloading of one camera; None where its frames may not leave.

        Raises:
            InputError: the file of certificates cannot be read.
        """
        if not self._settings.allows(name):
            return None
        client = NeighbourClient(self._settings.url, self._token, self._settings.ca)
        low = settings.hysteresis.free_below
        return Offloading(
            name, self._settings, settings.schedule.period_s, low, Lane(name, client), hot_swap, self._gate
        )

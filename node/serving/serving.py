"""Detection for neighbours as the HTTP server offers it: who may ask, how much at once, and what is counted."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lotwise.cameras.detection.backends.shared import SharedNetworks
from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.detection.engine.choices import Choices
from lotwise.cameras.detection.engine.engine import load_engine
from lotwise.cameras.detection.engine.machine import cores, this_machine
from lotwise.cameras.site.serve_detection import ServeDetectionSettings
from lotwise.cameras.site.settings import Site
from lotwise.node.api_token import checked_token
from lotwise.node.serving.detectors import ServedDetectors
from lotwise.node.serving.messages import PREFIX


class Full(Exception):
    """As many frames of others are under way as may be."""


class Serving:
    """What a node does for its neighbours. Any thread may use it.

    Args:
        detectors: read the frames.
        tokens: of those who may ask.
        max_in_flight: frames that are worked on at once.
    """

    prefix = PREFIX
    """Beginning of the paths that these tokens open."""

    def __init__(self, detectors: ServedDetectors, tokens: tuple[str, ...], max_in_flight: int) -> None:
        self.detectors, self.tokens, self.max_in_flight = detectors, tokens, max_in_flight
        self._lock = threading.Lock()
        self._under_way = self._read = self._refused = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those that are worked on, for one frame.

        Raises:
            Full: there is none.
        """
        with self._lock:
            if self._under_way >= self.max_in_flight:
                self._refused += 1
                raise Full(f"{self._under_way} frames of others are under way, and no more may be")
            self._under_way += 1
        try:
            yield
        finally:
            with self._lock:
                self._under_way -= 1

    def was_read(self) -> None:
        """A frame was read."""
        with self._lock:
            self._read += 1

    def metrics(self) -> Mapping[str, float]:
        """Figures for ``/metrics``."""
        return {
            "lotwise_served_frames_total": float(self._read),
            "lotwise_served_frames_refused_total": float(self._refused),
            "lotwise_served_models": float(len(self.detectors.loaded)),
        }


def open_serving(site: Site, settings: ServeDetectionSettings, base: Path) -> Serving:
    """What a site's node does for its neighbours. No bundle is loaded before somebody asks.

    Args:
        site: as :func:`lotwise.cameras.site.reading.read_site` gives it.
        settings: what it is to do.
        base: folder of the site file, which secrets are relative to.

    Raises:
        InputError: a token cannot be read, or is too short to keep anybody out.
    """
    tokens = tuple(checked_token(token, base) for token in settings.tokens)
    # Each frame has its share of the cores, as the node's own cameras have theirs.
    threads = max(1, cores() // settings.max_in_flight)
    choices = Choices(site.state, site.detector, this_machine(), threads)
    shared = SharedNetworks(settings.max_in_flight)
    cache = site.state / "cache"

    def load(bundle: Path) -> Detector:
        return load_engine(bundle, choices.engine(parse_manifest(bundle)), threads, cache, shared.load)

    return Serving(ServedDetectors(settings.cameras, load, settings.max_models), tokens, settings.max_in_flight)

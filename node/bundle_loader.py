"""Loads bundles beside the loop of a camera, so that the exchange of a model costs no frame."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import Executor, Future
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError

LOAD_RETRY_S = 60.0
"""Seconds before a bundle that could not be loaded is tried again: somebody may have copied it anew. Chosen: a copy
over a slow network takes about that long."""


class BundleLoader:
    """Detectors of one camera's bundles, loaded by an executor. Used by one thread at a time.

    Args:
        bundles: the registry of the camera's bundles, or the one bundle that is always run, whose identity here is "".
        load: from a bundle's folder to its detector.
        executor: where models are loaded.
        clock: seconds; monotonic.
    """

    def __init__(
        self,
        bundles: Registry | Path,
        load: Callable[[Path], Detector],
        executor: Executor,
        clock: Callable[[], float],
    ) -> None:
        self._bundles, self._load, self._executor, self._clock = bundles, load, executor, clock
        self._loading: dict[str, Future[Detector]] = {}
        self._retry_at: dict[str, float] = {}

    def get(self, identity: str) -> Detector | str | None:
        """The detector of a bundle once, or why it cannot be loaded; None while it is being loaded."""
        if self._clock() < self._retry_at.get(identity, 0):
            return None
        future = self._loading.get(identity)
        if future is None:
            self._loading[identity] = self._executor.submit(self._load_and_warm_up, identity)
            return None
        if not future.done():
            return None
        del self._loading[identity]
        try:
            detector = future.result()
        except Exception as error:  # of whatever kind: the live one goes on, and this one is told of and tried again
            self._retry_at[identity] = self._clock() + LOAD_RETRY_S
            return str(error) if isinstance(error, InputError) else f"{identity}: cannot be loaded ({error!r})"
        self._retry_at.pop(identity, None)
        return detector

    def put(self, identity: str, detector: Detector) -> None:
        """Give back a detector that is loaded already, for the next :meth:`get`."""
        self._loading[identity] = Future()
        self._loading[identity].set_result(detector)

    def keep_only(self, wanted: Collection[str | None]) -> None:
        """Drop what was loaded of other bundles."""
        self._loading = {identity: future for identity, future in self._loading.items() if identity in wanted}

    def retry_at_once(self) -> None:
        """Try bundles that could not be loaded again at the next question: the registry has changed."""
        self._retry_at.clear()

    def _load_and_warm_up(self, identity: str) -> Detector:
        """In the executor's thread. A model's first frame is slow, and must not count against it."""
        detector = self._load(self._bundles.path(identity) if isinstance(self._bundles, Registry) else self._bundles)
        width, height = detector.input
        detector([np.zeros((height, width, 3), np.uint8)])
        return detector

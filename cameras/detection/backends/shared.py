"""Models that several cameras run, or several threads of one camera: loaded as often as they run at once, not more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet, WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.backends.network import LoadNetwork, Network, load_network
from lotwise.cameras.detection.bundle import sha256
from lotwise.cameras.site.detector import Backend, NumberFormat


class SharedNetworks:
    """Loads model files. Who asks for one of the same bytes gets the one that is loaded already.

    Other than a network of a backend's own, what it gives may be called by several threads at once: each waits until
    one of the loaded ones is free.

    Args:
        at_once: threads that run models at the same time; no file is loaded more often.
        load: what loads one.
    """

    def __init__(self, at_once: int, load: LoadNetwork = load_network) -> None:
        self._at_once, self._load = max(1, at_once), load
        self._lock = threading.Lock()
        self._pools: WeakValueDictionary[tuple[object, ...], _Pool] = WeakValueDictionary()

    def load(
        self,
        path: Path,
        backend: Backend = "auto",
        threads: int = 0,
        cache: Path | None = None,
        number_format: NumberFormat = "auto",
    ) -> SharedNetwork:
        """As :func:`lotwise.cameras.detection.backends.network.load_network`. The model is let go with the last one who
        got it.

        Raises:
            InputError: it cannot be loaded.
        """
        files = [one for one in (path, path.with_suffix(".bin")) if one.is_file()]
        key = (path.suffix, *map(sha256, files), backend, threads, number_format)
        with self._lock:
            pool = self._pools.get(key)
            if pool is None:
                pool = self._pools[key] = _Pool()
        network = SharedNetwork(pool)
        pool.join(network, self._at_once, lambda: self._load(path, backend, threads, cache, number_format))
        return network


class _Pool:
    """Loaded networks of one file, and those who share them."""

    def __init__(self) -> None:
        self._users: WeakSet[SharedNetwork] = WeakSet()
        self._loading = threading.Lock()
        self._change = threading.Condition()
        self._loaded: list[Network] = []
        self._free: list[Network] = []

    @property
    def first(self) -> Network:
        return self._loaded[0]

    def join(self, user: SharedNetwork, at_once: int, load: Callable[[], Network]) -> None:
        with self._loading:
            self._users.add(user)
            if len(self._loaded) >= min(len(self._users), at_once):
                return
            network = load()
            with self._change:
                self._loaded.append(network)
                self._free.append(network)
                self._change.notify()

    @contextmanager
    def one(self) -> Iterator[Network]:
        """Wait for one that is free, and have it alone."""
        with self._change:
            while not self._free:
                self._change.wait()
            network = self._free.pop()  # the last one used: it may be warm, and rest() finds it
        try:
            yield network
        finally:
            with self._change:
                if len(self._loaded) > max(1, len(self._users)):  # cameras have gone on to other models
                    self._loaded.remove(network)
                else:
                    self._free.append(network)
                    self._change.notify()

    def idle(self) -> bool:
        with self._change:
            return bool(self._free)


class SharedNetwork:
    """One camera's share of a model, a :class:`lotwise.cameras.detection.backends.network.Network` for any thread."""

    def __init__(self, pool: _Pool) -> None:
        self._pool = pool

    @property
    def name(self) -> str:
        return self._pool.first.name

    @property
    def input(self) -> tuple[int | None, int | None, int | None]:
        return self._pool.first.input

    @property
    def outputs(self) -> Mapping[str, tuple[int | None, ...]]:
        return self._pool.first.outputs

    @property
    def metadata(self) -> Mapping[str, str]:
        return self._pool.first.metadata

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        with self._pool.one() as network:
            return network(images)

    def rest(self) -> None:
        """As of the protocol. Does nothing while others run the model: they need that memory."""
        if self._pool.idle():
            with self._pool.one() as network:
                network.rest()

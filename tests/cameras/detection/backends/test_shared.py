"""One model for all who run the same: loaded as often as it runs at once, and never called twice at a time."""

from __future__ import annotations

import gc
import threading
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from lotwise.cameras.detection.backends import Backend, load_network
from lotwise.cameras.detection.backends.shared import SharedNetworks
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.site.detector import NumberFormat
from lotwise.datasets.errors import InputError
from tests.cameras.bundles import write_constant_bundle
from tests.cameras.models import ours

IMAGE = np.zeros((1, 64, 64, 3), np.uint8)
LONG_S = 60.0


class Slow:
    """A network that stays in its call until it is let go, and finds out whether it is called twice at once."""

    name = "slow"
    input = (None, 64, 64)
    outputs: Mapping[str, tuple[int | None, ...]] = {}
    metadata: Mapping[str, str] = {}

    def __init__(self, entered: threading.Semaphore, leave: threading.Event) -> None:
        self._entered, self._leave, self._alone = entered, leave, threading.Lock()
        self.rested = 0

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        assert self._alone.acquire(blocking=False), "called twice at once"
        try:
            self._entered.release()
            assert self._leave.wait(LONG_S)
            return []
        finally:
            self._alone.release()

    def rest(self) -> None:
        self.rested += 1


class Loads:
    """What was loaded, in its order."""

    def __init__(self) -> None:
        self.made: list[Slow] = []
        self.entered, self.leave = threading.Semaphore(0), threading.Event()

    def __call__(
        self, path: Path, backend: Backend, threads: int, cache: Path | None, number_format: NumberFormat
    ) -> Slow:
        if path.read_bytes() == b"broken":
            raise InputError(f"{path}: broken")
        self.made.append(Slow(self.entered, self.leave))
        return self.made[-1]


def file(folder: Path, name: str, content: bytes) -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def test_the_same_bytes_are_loaded_once_for_each_who_runs_at_once(tmp_path: Path) -> None:
    loads = Loads()
    shared = SharedNetworks(2, loads)
    one = file(tmp_path, "a.onnx", b"one")
    users = [shared.load(one)]
    assert len(loads.made) == 1  # a second one would lie idle
    users += [shared.load(file(tmp_path, f"{number}.onnx", b"one")) for number in range(8)]
    assert len(loads.made) == 2
    others = [
        shared.load(file(tmp_path, "b.onnx", b"other")),  # other weights
        shared.load(one, number_format="bf16"),  # run in another way
        shared.load(one, backend="openvino"),
    ]
    assert len(loads.made) == 5
    assert {user.name for user in users + others} == {"slow"} and users[0].input == (None, 64, 64)


def test_weights_beside_an_xml_count(tmp_path: Path) -> None:
    loads = Loads()
    shared = SharedNetworks(1, loads)
    users = []
    for name in ("a", "b", "c"):
        file(tmp_path, f"{name}.bin", b"other" if name == "c" else b"weights")
        users.append(shared.load(file(tmp_path, f"{name}.xml", b"graph")))
    assert len(loads.made) == 2


def test_each_runs_alone_and_others_wait(tmp_path: Path) -> None:
    loads = Loads()
    shared = SharedNetworks(2, loads)
    users = [shared.load(file(tmp_path, "a.onnx", b"one")) for _ in range(5)]
    threads = [threading.Thread(target=user, args=(IMAGE,), daemon=True) for user in users]
    for thread in threads:
        thread.start()
    assert loads.entered.acquire(timeout=LONG_S) and loads.entered.acquire(timeout=LONG_S)
    assert not loads.entered.acquire(timeout=0.05)  # the other three wait
    users[0].rest()  # all are at work: nothing is done, and nobody waits
    assert [one.rested for one in loads.made] == [0, 0]
    loads.leave.set()
    for thread in threads:
        thread.join(LONG_S)
        assert not thread.is_alive()
    users[0].rest()
    assert sum(one.rested for one in loads.made) == 1


def test_what_nobody_runs_any_more_is_let_go(tmp_path: Path) -> None:
    loads = Loads()
    loads.leave.set()
    shared = SharedNetworks(2, loads)
    path = file(tmp_path, "a.onnx", b"one")
    users = [shared.load(path) for _ in range(3)]
    del users[1:]
    gc.collect()
    users[0](IMAGE)  # the second one goes with the first use after its users
    loads.made.clear()
    users.append(shared.load(path))
    assert len(loads.made) == 1
    users.clear()
    gc.collect()
    loads.made.clear()
    users.append(shared.load(path))
    assert len(loads.made) == 1


def test_a_file_that_cannot_be_loaded_is_tried_again(tmp_path: Path) -> None:
    shared = SharedNetworks(2, Loads())
    for _ in range(2):
        with pytest.raises(InputError, match="broken"):
            shared.load(file(tmp_path, "a.onnx", b"broken"))


def test_it_says_what_a_network_of_its_own_says(tmp_path: Path) -> None:
    path = ours(tmp_path / "m.onnx", [[0, 16, 64, 48]], [0.9])
    own, shared = load_network(path, "onnxruntime"), SharedNetworks(1).load(path, "onnxruntime")
    assert (shared.name, shared.input, shared.outputs) == (own.name, own.input, own.outputs)
    assert shared.metadata == own.metadata
    for mine, theirs in zip(own(IMAGE), shared(IMAGE), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_detectors_of_equal_bundles_share_the_model(tmp_path: Path) -> None:
    shared = SharedNetworks(1)
    folders = [write_constant_bundle(tmp_path / name, (0.9, 0.8)) for name in ("a", "b")]
    first, second = (load_detector(folder, load=shared.load) for folder in folders)
    assert first.network._pool is second.network._pool  # type: ignore[attr-defined]
    assert len(second([IMAGE[0]])[0]) == len(load_detector(folders[0])([IMAGE[0]])[0])

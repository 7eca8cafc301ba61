"""What every backend gives: a model file as a function from pictures to arrays."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError

Backend = Literal["auto", "onnxruntime", "openvino"]


class Network(Protocol):
    """A loaded model. One caller at a time."""

    @property
    def name(self) -> str:
        """Of the library that runs it."""
        ...

    @property
    def input(self) -> tuple[int | None, int | None, int | None]:
        """How many images at once, their height, their width in pixels; None where any will do."""
        ...

    @property
    def outputs(self) -> Mapping[str, tuple[int | None, ...]]:
        """Shapes by name, None where they may vary."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the exporter wrote into the file."""
        ...

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """(B, H, W, 3) BGR at the size of the input -> its outputs, batch first."""
        ...


def load_network(path: Path, backend: Backend = "auto", threads: int = 0, cache: Path | None = None) -> Network:
    """Load a model file.

    Args:
        path: ``.onnx``, or ``.xml`` with its ``.bin`` beside it, which only OpenVINO runs.
        backend: auto is OpenVINO where it is installed.
        threads: for one frame; 0 lets the library choose.
        cache: folder where OpenVINO may keep the compiled model, for a faster start.

    Raises:
        InputError: the file cannot be loaded, or the library that was asked for is not installed.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such model file; export it again")
    if not can_run(path.name, backend):
        raise InputError(
            f"{path}: only OpenVINO runs it; pip install openvino and give backend: auto, or give precision: float"
        )
    if _by_openvino(backend):
        from lotwise.cameras.detection.backends.openvino import load_openvino

        return load_openvino(path, threads, cache)
    from lotwise.cameras.detection.backends.onnx_runtime import load_onnx_runtime

    return load_onnx_runtime(path, threads)


def can_run(file: str, backend: Backend) -> bool:
    """Whether a backend takes a model file of this name; of an ``.xml`` it must be OpenVINO."""
    return not file.endswith(".xml") or _by_openvino(backend)


def _by_openvino(backend: Backend) -> bool:
    return backend == "openvino" or (backend == "auto" and find_spec("openvino") is not None)

"""What every backend gives: a model file as a function from pictures to arrays."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

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
        """(B, H, W, 3) BGR at the size of the input -> its outputs, batch first; valid until the next call."""
        ...


def load_network(path: Path, backend: Backend = "auto", threads: int = 0, cache: Path | None = None) -> Network:
    """Load an ``.onnx`` file.

    Args:
        path: the file.
        backend: auto is OpenVINO where it is installed.
        threads: for one frame; 0 lets the library choose.
        cache: folder where OpenVINO may keep the compiled model, for a faster start.

    Raises:
        InputError: the file cannot be loaded, or the library that was asked for is not installed.
    """
    if backend == "openvino" or (backend == "auto" and find_spec("openvino") is not None):
        from cameras.backends.openvino import load_openvino

        return load_openvino(path, threads, cache)
    from cameras.backends.onnx_runtime import load_onnx_runtime

    return load_onnx_runtime(path, threads)


def pixels(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(B, H, W, 3) BGR -> (B, 3, H, W) RGB in 0..1."""
    return np.ascontiguousarray(images[..., ::-1].transpose(0, 3, 1, 2)).astype(np.float32) / np.float32(255)

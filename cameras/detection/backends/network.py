"""A model file as a function from pictures to arrays, loaded by one of the libraries that run models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.site.detector import Backend, NumberFormat
from lotwise.datasets.errors import InputError


class Network(Protocol):
    """A loaded model. One caller at a time."""

    @property
    def name(self) -> str:
        """The library that runs it, as the setting ``detector.backend`` names it."""
        ...

    @property
    def input(self) -> tuple[int | None, int | None, int | None]:
        """(images at once, height, width) that the model takes, sides in pixels; None where it takes any."""
        ...

    @property
    def outputs(self) -> Mapping[str, tuple[int | None, ...]]:
        """The shape of each output by its name; None for a side that may vary."""
        ...

    @property
    def metadata(self) -> Mapping[str, str]:
        """What the exporter wrote into the file."""
        ...

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """(B, H, W, 3) BGR at the size of the input -> its outputs, batch first."""
        ...

    def rest(self) -> None:
        """Give back memory that is needed only while a frame is computed; the next frame takes a little longer."""
        ...


class LoadNetwork(Protocol):
    """From a model file to what runs it, as :func:`load_network`."""

    def __call__(
        self, path: Path, backend: Backend, threads: int, cache: Path | None, number_format: NumberFormat
    ) -> Network: ...


@dataclass(frozen=True)
class Library:
    """A library that runs models.

    Attributes:
        title: its name as people write it.
        package: what is imported, and what ``pip install`` takes.
        suffixes: endings of the model files that it runs.
        load: loads a file: path, threads, cache and number format as of :func:`load_network`.
        number_formats: in which it can compute on this machine; f32 is always one of them.
    """

    title: str
    package: str
    suffixes: tuple[str, ...]
    load: Callable[[Path, int, Path | None, NumberFormat], Network]
    number_formats: Callable[[], tuple[NumberFormat, ...]]

    @property
    def installed(self) -> bool:
        """Whether it can be imported here, judged without importing it."""
        return find_spec(self.package) is not None


def _load_openvino(path: Path, threads: int, cache: Path | None, number_format: NumberFormat) -> Network:
    from lotwise.cameras.detection.backends.openvino import load_openvino

    return load_openvino(path, threads, cache, number_format)


def _openvino_formats() -> tuple[NumberFormat, ...]:
    from lotwise.cameras.detection.backends.openvino import number_formats

    return number_formats()


def _load_onnx_runtime(path: Path, threads: int, _: Path | None, number_format: NumberFormat) -> Network:
    from lotwise.cameras.detection.backends.onnx_runtime import load_onnx_runtime

    if number_format not in ("auto", "f32"):
        raise InputError(f"{path}: ONNX Runtime computes in f32 only; give number_format: f32, or backend: openvino")
    return load_onnx_runtime(path, threads)


def _onnx_runtime_formats() -> tuple[NumberFormat, ...]:
    return ("f32",)


LIBRARIES: Mapping[Backend, Library] = {
    "openvino": Library("OpenVINO", "openvino", (".onnx", ".xml"), _load_openvino, _openvino_formats),
    "onnxruntime": Library("ONNX Runtime", "onnxruntime", (".onnx",), _load_onnx_runtime, _onnx_runtime_formats),
}
"""By the name of the setting ``detector.backend``, the fastest first: ``auto`` takes the first that is installed."""


def load_network(
    path: Path,
    backend: Backend = "auto",
    threads: int = 0,
    cache: Path | None = None,
    number_format: NumberFormat = "auto",
) -> Network:
    """Load a model file.

    Args:
        path: ``.onnx``, or ``.xml`` with its ``.bin`` beside it, which only OpenVINO runs.
        backend: auto is the first of the installed ones, see ``LIBRARIES``.
        threads: for one frame; 0 lets the library choose.
        cache: folder where the library may keep the compiled model, for a faster start.
        number_format: in which it computes what is not INT8; auto is what the library takes by itself.

    Raises:
        InputError: the file cannot be loaded, or the library that was asked for is not installed.
    """
    if not path.is_file():
        raise InputError(f"{path}: no such model file; export it again")
    if not can_run(path.name, backend):
        able = [library for library in LIBRARIES.values() if path.suffix in library.suffixes]
        if not able:
            raise InputError(f"{path}: no library is known that runs a {path.suffix} file; export the model again")
        raise InputError(
            f"{path}: only {' or '.join(library.title for library in able)} runs it; pip install {able[0].package} "
            "and give backend: auto, or give precision: float"
        )
    return _library(backend).load(path, threads, cache, number_format)


def can_run(file: str, backend: Backend) -> bool:
    """Whether a backend takes a model file of this name, judged by the suffix."""
    return file.endswith(_library(backend).suffixes)


def _library(backend: Backend) -> Library:
    if backend != "auto":
        return LIBRARIES[backend]
    return next((library for library in LIBRARIES.values() if library.installed), LIBRARIES["onnxruntime"])

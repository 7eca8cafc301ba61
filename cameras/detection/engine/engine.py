"""The ways to run a bundle that a machine and the site's settings leave open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from lotwise.cameras.detection.backends.network import LIBRARIES, LoadNetwork, can_run, load_network
from lotwise.cameras.detection.bundle import Manifest, Precision
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.site.detector import DetectorSettings, NumberFormat


class Engine(BaseModel):
    """One way to run a bundle.

    Attributes:
        backend: the library.
        precision: which of the bundle's models.
        number_format: in which the library computes what is not INT8.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    backend: Literal["openvino", "onnxruntime"]
    precision: Precision
    number_format: NumberFormat = "f32"

    def __str__(self) -> str:
        """For people.

        >>> str(Engine(backend="openvino", precision="int8", number_format="bf16"))
        'OpenVINO INT8 and bf16'
        """
        model = "INT8 and " if self.precision == "int8" else ""
        return f"{LIBRARIES[self.backend].title} {model}{self.number_format}"


EXACT = Engine(backend="onnxruntime", precision="float")
"""What all others are held against: it runs everywhere, and an export was compared with its student in it."""

LEFT_OUT: Mapping[Precision, tuple[NumberFormat, ...]] = {"int8": ("f16",), "float": ()}
"""Number formats that are not worth a probe: what an INT8 model computes in float is little, and where a processor is
good at f16 it is for the sake of float models."""


def default_engine(manifest: Manifest, settings: DetectorSettings) -> Engine:
    """The one that is taken until a machine is known: of the settings that are ``auto``, OpenVINO where it is
    installed, INT8 where it runs, and f32."""
    number_format: NumberFormat = "f32" if settings.number_format == "auto" else settings.number_format
    backends, precisions = _backends(settings), _precisions(manifest, settings)
    for backend in backends:
        for precision in precisions:
            if can_run(manifest.models.get(precision, ""), backend):
                return Engine(backend=backend, precision=precision, number_format=number_format)
    # Nothing fits: loading it says in one line what is missing.
    return Engine(backend=backends[0], precision=precisions[0], number_format=number_format)


def possible_engines(manifest: Manifest, settings: DetectorSettings) -> tuple[Engine, ...]:
    """All that the settings leave open and this machine can run, the default one first."""
    default = default_engine(manifest, settings)
    others = [one for one in _possible(manifest, settings) if one != default]
    return default, *others


def load_engine(
    bundle: Path, engine: Engine, threads: int, cache: Path | None = None, load: LoadNetwork = load_network
) -> Detector:
    """A bundle's detector, run in one way. Arguments as of :func:`lotwise.cameras.detection.detector.load_detector`.

    Raises:
        InputError: as of :func:`lotwise.cameras.detection.detector.load_detector`.
    """
    return load_detector(bundle, threads, engine.backend, engine.precision, cache, engine.number_format, load)


def engine_of(detector: Detector) -> Engine | None:
    """How a detector is run; None where its library computes in a number format of its own choice."""
    if detector.number_format == "auto":
        return None
    return Engine.model_validate(
        {
            "backend": detector.network.name,
            "precision": detector.precision,
            "number_format": detector.number_format,
        }
    )


def _possible(manifest: Manifest, settings: DetectorSettings) -> Iterator[Engine]:
    for backend in _backends(settings):
        for precision in _precisions(manifest, settings):
            if not can_run(manifest.models.get(precision, ""), backend):
                continue
            for number_format in LIBRARIES[backend].number_formats():
                if number_format in LEFT_OUT[precision] and settings.number_format == "auto":
                    continue  # asked for, it is run all the same
                if settings.number_format in ("auto", number_format):
                    yield Engine(backend=backend, precision=precision, number_format=number_format)


def _backends(settings: DetectorSettings) -> tuple[Literal["openvino", "onnxruntime"], ...]:
    if settings.backend != "auto":
        return (settings.backend,)
    installed = tuple(name for name, library in LIBRARIES.items() if name != "auto" and library.installed)
    return installed or ("onnxruntime",)


def _precisions(manifest: Manifest, settings: DetectorSettings) -> tuple[Precision, ...]:
    if settings.precision != "auto":
        return (settings.precision,)
    return ("int8", "float") if "int8" in manifest.models else ("float",)

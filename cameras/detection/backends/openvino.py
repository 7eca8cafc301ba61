"""Models run by OpenVINO: the fastest on Intel and AMD, good on ARM."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.site.detector import NumberFormat
from lotwise.datasets.errors import InputError

Side = int | None

_first_use = threading.Lock()
_used = threading.Event()


@dataclass(frozen=True)
class OpenVino:
    """A compiled model as a :class:`lotwise.cameras.detection.backends.network.Network`."""

    compiled: Any
    request: Any
    input: tuple[Side, Side, Side]
    outputs: Mapping[str, tuple[Side, ...]]
    metadata: Mapping[str, str]
    name: str = "openvino"

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        # One image at a time: a batch is no faster on a processor, and any other shape would be compiled anew.
        if len(images) == 1:
            return self._run(images)
        outputs = [self._run(images[i : i + 1]) for i in range(len(images))]
        return [np.concatenate(outputs) for outputs in zip(*outputs, strict=True)]

    def rest(self) -> None:
        """As of the protocol: what lies between the layers, 5 MB of a student of 640x480."""
        self.compiled.release_memory()

    def _run(self, image: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        # Outputs are copied: shared ones would change under the caller with the next frame.
        outputs = self.request.infer([image], share_inputs=True)
        return [outputs[index] for index in range(len(self.outputs))]


def load_openvino(
    path: Path, threads: int = 0, cache: Path | None = None, number_format: NumberFormat = "auto"
) -> OpenVino:
    """As :func:`lotwise.cameras.detection.backends.network.load_network`; the model has run once on a grey frame."""
    # OpenVINO's binding fills tables of its own at their first use and lets go of Python's lock meanwhile: of two
    # threads that come there at once each waits for the other for ever, and all of Python with them. So the first
    # load and the first frame of a process happen alone.
    if not _used.is_set():
        with _first_use:
            if not _used.is_set():
                network = _load(path, threads, cache, number_format)
                _used.set()
                return network
    return _load(path, threads, cache, number_format)


def number_formats() -> tuple[NumberFormat, ...]:
    """In which OpenVINO can compute on this processor.

    Raises:
        InputError: OpenVINO is not installed or cannot be imported.
    """
    able = _openvino().Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
    named: dict[str, NumberFormat] = {"BF16": "bf16", "FP16": "f16"}
    return ("f32", *(number_format for said, number_format in named.items() if said in able))


def _openvino() -> Any:
    # Set before the import: OpenVINO asks it then, and a camera box tells nobody about itself.
    os.environ.setdefault("OPENVINO_TELEMETRY_OPT_OUT", "1")
    try:
        import openvino
        import openvino.preprocess
    except ImportError as error:
        absent = isinstance(error, ModuleNotFoundError)
        why = "is not installed" if absent else f"cannot be imported ({' '.join(str(error).split())})"
        raise InputError(
            f"detector.backend: OpenVINO {why}; pip install openvino, or give backend: onnxruntime"
        ) from error
    return openvino


def _load(path: Path, threads: int, cache: Path | None, number_format: NumberFormat) -> OpenVino:
    ov = _openvino()
    # Pinned, the single thread of each of a node's models would sit on the first core.
    config: dict[str, Any] = {"NUM_STREAMS": 1, "PERFORMANCE_HINT": "LATENCY", "ENABLE_CPU_PINNING": False}
    if threads:
        config["INFERENCE_NUM_THREADS"] = threads
    if cache is not None:
        config["CACHE_DIR"] = str(cache)
    if number_format != "auto":
        config["INFERENCE_PRECISION_HINT"] = number_format
    core = ov.Core()
    # Mapped, a model or cache file that somebody truncates while it is in use ends the whole process (SIGBUS). Read
    # into memory, nothing that happens to the file matters any more. Eight students with a cache then take 343 MB (PSS)
    # rather than 322 MB, and 332 MB without one, as at the first start.
    core.set_property({"ENABLE_MMAP": False})
    try:
        model = core.read_model(path)
        shape = model.input(0).get_partial_shape()
        if len(shape) != 4:
            raise InputError(f"{path}: takes arrays of shape {shape}; expected frames, (batch, 3, height, width)")
        if shape[0].is_static and shape[0].get_length() != 1:
            raise InputError(f"{path}: takes {shape[0].get_length()} frames at once; export it with batch 1 or dynamic")
        shape[0] = 1
        sides = [shape[axis].get_length() if shape[axis].is_static else None for axis in range(4)]
        model.reshape(shape)
        outputs = {output.get_any_name(): _sizes(output.get_partial_shape()) for output in model.outputs}
        compiled = core.compile_model(with_pictures(model), "CPU", config)
        request = compiled.create_infer_request()
    except RuntimeError as error:
        raise InputError(f"{path}: OpenVINO cannot load it ({_reason(error)})") from error
    network = OpenVino(compiled, request, (None, sides[2], sides[3]), outputs, _metadata(model))
    if sides[2] and sides[3]:
        network(np.full((1, sides[2], sides[3], 3), 114, np.uint8))
    return network


def with_pictures(model: Any) -> Any:
    """A model that takes pictures as OpenCV holds them, (B, H, W, 3) BGR; turning them into RGB planes in 0..1 is fused
    into the network. Outputs are float32.

    Args:
        model: OpenVINO's, read from a file.
    """
    preprocess = _openvino().preprocess
    element, layout = _openvino().Type, _openvino().Layout
    steps = preprocess.PrePostProcessor(model)
    tensor = steps.input(0).tensor()
    tensor.set_element_type(element.u8).set_layout(layout("NHWC")).set_color_format(preprocess.ColorFormat.BGR)
    steps.input(0).model().set_layout(layout("NCHW"))
    planes = steps.input(0).preprocess().convert_element_type(element.f32)
    planes.convert_color(preprocess.ColorFormat.RGB).scale(255.0)
    for index in range(len(model.outputs)):
        steps.output(index).tensor().set_element_type(element.f32)
    return steps.build()


def _sizes(shape: Any) -> tuple[Side, ...]:
    return tuple(side.get_length() if side.is_static else None for side in shape)


def _metadata(model: Any) -> dict[str, str]:
    written = model.get_rt_info(["framework"]) if model.has_rt_info(["framework"]) else None
    written = getattr(written, "value", written)
    return {str(name): str(getattr(value, "value", value)) for name, value in written.items()} if written else {}


def _reason(error: RuntimeError) -> str:
    """The last line that says something: OpenVINO puts the places in its own source first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"

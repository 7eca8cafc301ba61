"""Models run by ONNX Runtime: everywhere, and the reference that other backends are compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from lotwise.cameras.detection.tensor import pixels
from lotwise.datasets.errors import InputError

Side = int | None


@dataclass(frozen=True)
class OnnxRuntime:
    """A session as a :class:`lotwise.cameras.detection.backends.network.Network`."""

    session: ort.InferenceSession
    input: tuple[Side, Side, Side]
    outputs: Mapping[str, tuple[Side, ...]]
    metadata: Mapping[str, str]
    half: bool
    name: str = "onnxruntime"

    def __call__(self, images: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        batch = pixels(images)
        outputs = self.session.run(None, {self._input_name: batch.astype(np.float16) if self.half else batch})
        return [np.asarray(output, np.float32) for output in outputs]

    def rest(self) -> None:
        """As of the protocol: nothing, for ONNX Runtime keeps its memory."""

    @property
    def _input_name(self) -> str:
        return str(self.session.get_inputs()[0].name)


def load_onnx_runtime(path: Path, threads: int = 0) -> OnnxRuntime:
    """As :func:`lotwise.cameras.detection.backends.network.load_network`."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime raises a class of its own for each of its status codes
        raise InputError(f"{path}: ONNX Runtime cannot load it ({str(error).splitlines()[0]})") from error
    model_input = session.get_inputs()[0]
    if len(model_input.shape) != 4:
        raise InputError(
            f"{path}: takes arrays of shape {model_input.shape}; expected frames, (batch, 3, height, width)"
        )
    batch, _, height, width = (_known(side) for side in model_input.shape)
    return OnnxRuntime(
        session,
        (batch, height, width),
        {output.name: tuple(_known(side) for side in output.shape) for output in session.get_outputs()},
        dict(session.get_modelmeta().custom_metadata_map),
        model_input.type == "tensor(float16)",
    )


def _known(side: object) -> Side:
    return side if isinstance(side, int) else None

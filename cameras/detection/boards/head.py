"""The part of a student that its leader runs where modules say maps: the head, which reads all of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from lotwise.cameras.detection.ensemble import EnsembleEntry
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections


class Head:
    """A head, run by ONNX Runtime.

    Args:
        path: its file.
        ensemble: whose head it is.
        threads: for one frame; 0 lets ONNX Runtime choose.

    Raises:
        InputError: it cannot be loaded, or does not read maps of these shapes.
    """

    def __init__(self, path: Path, ensemble: EnsembleEntry, threads: int = 0) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime raises a class of its own for each of its status codes
            raise InputError(f"{path}: ONNX Runtime cannot load it ({str(error).splitlines()[0]})") from error
        self._names = [one.name for one in self._session.get_inputs()]
        takes = [tuple(one.shape[1:]) for one in self._session.get_inputs()]
        levels = zip(*(module.map_shapes for module in ensemble.modules), strict=True)
        given = [(sum(shape[0] for shape in level), *level[0][1:]) for level in levels]
        if takes != given:
            raise InputError(f"{path}: reads maps of {takes}, but the modules say {given}; export it again")

    def __call__(self, maps: Sequence[NDArray[np.float32]]) -> Detections:
        """Maps (C, h, w) of each level, finest first -> boxes in pixels of the input, raw scores."""
        given = {name: level[None] for name, level in zip(self._names, maps, strict=True)}
        boxes, scores = self._session.run(None, given)
        return Detections.of(boxes[0], scores[0])

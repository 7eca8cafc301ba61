"""ONNX files whose outputs are constants, in the forms that lotwise and Ultralytics write."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

CARS = {0: "person", 1: "car", 2: "truck"}


def write_constant(
    path: Path,
    outputs: dict[str, np.ndarray],
    *,
    size: tuple[int, int] = (64, 64),
    batch: int | str = 1,
    metadata: dict[str, str] | None = None,
    half: bool = False,
) -> Path:
    """A model for inputs of (width, height) that says the same of every frame of a batch.

    Args:
        path: file to write.
        outputs: what it says of one frame, by name of the output.
        size: of its input.
        batch: a number, or a name for a free one.
        metadata: as exporters write it into the file.
        half: whether it takes and gives float16.
    """
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    nodes, constants, infos = [], [], []
    for name, value in outputs.items():
        said = value[None].astype(np.float16 if half else np.float32)
        constants.append(numpy_helper.from_array(said, f"{name}_said"))
        # One zero a frame, spread over the constant: the batch comes from the input.
        shape = numpy_helper.from_array(np.array([-1, *[1] * value.ndim], np.int64), f"{name}_shape")
        axes = numpy_helper.from_array(np.array([1, 2, 3], np.int64), f"{name}_axes")
        factor = numpy_helper.from_array(np.zeros(1, said.dtype), f"{name}_factor")
        constants += [shape, axes, factor]
        nodes += [
            helper.make_node("ReduceMax", ["images", f"{name}_axes"], [f"{name}_max"], keepdims=0),
            helper.make_node("Mul", [f"{name}_max", f"{name}_factor"], [f"{name}_zero"]),
            helper.make_node("Reshape", [f"{name}_zero", f"{name}_shape"], [f"{name}_flat"]),
            helper.make_node("Add", [f"{name}_flat", f"{name}_said"], [name]),
        ]
        infos.append(helper.make_tensor_value_info(name, kind, [batch, *value.shape]))
    pixels = helper.make_tensor_value_info("images", kind, [batch, 3, size[1], size[0]])
    graph = helper.make_graph(nodes, "constant", [pixels], infos, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, path)
    return path


def ours(path: Path, boxes: list[list[float]], scores: list[float], **options: Any) -> Path:
    """In lotwise's own form: boxes (A, 4) xyxy and scores (A,)."""
    said = {"boxes": np.array(boxes, np.float32).reshape(-1, 4), "scores": np.array(scores, np.float32)}
    return write_constant(path, said, **{"batch": "batch"} | options)


def ultralytics(path: Path, said: np.ndarray, **options: Any) -> Path:
    """In Ultralytics' form: one output, with class names in the metadata."""
    metadata = {"names": str(CARS), "imgsz": "[64, 64]", "task": "detect"} | options.pop("metadata", {})
    return write_constant(path, {"output0": said}, metadata=metadata, **options)

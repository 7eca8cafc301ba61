"""A student as an ONNX file."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.model.deployed import deployed_form


def export_onnx(student: DetectionModel, size: tuple[int, int], path: Path) -> None:
    """Write a student as ONNX for inputs of (width, height) pixels, with a free batch size."""
    write_onnx(deployed_form(student), size, path, {0: "batch"})


def write_onnx(form: nn.Module, size: tuple[int, int], path: Path, free: dict[int, str] | None = None) -> None:
    """Write what turns pixels into boxes and scores as ONNX.

    Args:
        form: in eval mode.
        size: (width, height) of its input in pixels.
        path: of the file.
        free: names of the axes whose length is left open, on the input and on both outputs.
    """
    import logging
    import warnings

    pixels = torch.zeros(1, 3, size[1], size[0])
    form(pixels)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            form, (pixels,), str(path), input_names=["pixels"], output_names=["boxes", "scores"], opset_version=17,
            dynamic_axes={name: free or {} for name in ("pixels", "boxes", "scores")}, dynamo=False,
        )  # fmt: skip

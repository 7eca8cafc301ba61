"""What a module costs its board: weights, multiply-adds, bytes of its file."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.ensemble.onnx_files import export_maps
from lotwise.students.export.onnx_file import export_onnx


@dataclass(frozen=True)
class Cost:
    """Of a module as it is deployed, its norms folded in.

    Attributes:
        parameters: weights and biases.
        multiply_adds: of its convolutions, for one frame.
        bytes: of its ONNX file, float32: weights, and the description of the layers.
    """

    parameters: int
    multiply_adds: int
    bytes: int


def cost_of(module: nn.Module, size: tuple[int, int]) -> Cost:
    """The cost of a module for inputs of (width, height) pixels.

    Args:
        module: a detector by itself, or a trunk that says maps.
        size: of its input.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "module.onnx"
        if isinstance(module, DetectionModel):
            export_onnx(module, size, path)
        else:
            export_maps(module, size, path)
        return Cost(*counts(module, size), path.stat().st_size)


def counts(model: nn.Module, size: tuple[int, int]) -> tuple[int, int]:
    """Parameters, and multiply-adds of the convolutions for one frame of (width, height) pixels.

    Args:
        model: takes (B, 3, H, W); left as it is.
        size: of the input.
    """
    fused = copy.deepcopy(model).cpu().float().eval()
    if isinstance(fused, DetectionModel):
        fused = fused.fuse(verbose=False)
    total = 0

    def count(conv: nn.Module, _: object, out: torch.Tensor) -> None:
        nonlocal total
        assert isinstance(conv, nn.Conv2d)
        total += out.numel() * conv.in_channels // conv.groups * conv.kernel_size[0] * conv.kernel_size[1]

    for part in fused.modules():
        if isinstance(part, nn.Conv2d):
            part.register_forward_hook(count)
    with torch.no_grad():
        fused(torch.zeros(1, 3, size[1], size[0]))
    return sum(weights.numel() for weights in fused.parameters()), total

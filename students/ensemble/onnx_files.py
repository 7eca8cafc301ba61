"""Modules that say maps, and the head that reads them, as ONNX files."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from lotwise.teacher.head import decode_boxes, vehicle_logits


class HeadForm(nn.Module):
    """A head as the leader runs it: maps in, boxes and vehicle scores out."""

    def __init__(self, head: Any) -> None:
        super().__init__()
        self.head = head

    def forward(self, *maps: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(1, C, h, w) of each level, finest first -> boxes (1, A, 4) xyxy in input pixels, scores (1, A)."""
        raw = self.head.forward_head(list(maps), self.head.cv2, self.head.cv3)
        return decode_boxes(self.head, raw), vehicle_logits(raw).sigmoid()


def export_maps(trunk: nn.Module, size: tuple[int, int], path: Path) -> None:
    """Write a trunk, in eval mode, whose outputs are one map a level, for inputs of (width, height) pixels."""
    pixels = torch.zeros(1, 3, size[1], size[0])
    with torch.no_grad():
        levels = len(trunk(pixels))
    _write(trunk, (pixels,), ["pixels"], [f"map{level}" for level in range(levels)], path)


def export_head(head: Any, shapes: Sequence[tuple[int, int, int]], path: Path) -> None:
    """Write a head, in eval mode, that reads maps of these (channels, rows, columns)."""
    maps = tuple(torch.zeros(1, *shape) for shape in shapes)
    form = HeadForm(head).eval()
    with torch.no_grad():
        form(*maps)
    _write(form, maps, [f"map{level}" for level in range(len(shapes))], ["boxes", "scores"], path)


def _write(form: nn.Module, given: tuple[torch.Tensor, ...], inputs: list[str], outputs: list[str], path: Path) -> None:
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            form, given, str(path), input_names=inputs, output_names=outputs, opset_version=17, dynamo=False
        )

"""What boards would have to tell each other if they computed one and the same network together, by arithmetic.

By rows (MoDNN, DeepThings): each board has a strip of every map, and before a layer that looks at k rows in steps of s
neighbours exchange the k - s rows at their seam. By channels: each board computes a part of the channels of every
layer, and must have all of them before the next one. Numbers travel as 16-bit floats. What is not counted: the frame,
the boxes, and waiting for each other at each of these layers.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import nn

BYTES_A_NUMBER = 2


@dataclass(frozen=True)
class SplitBytes:
    """Bytes for one frame, of all boards together.

    Attributes:
        by_rows, by_channels: of the two ways.
        exchanges: layers before which boards wait for each other, by rows.
    """

    by_rows: int
    by_channels: int
    exchanges: int


def split_bytes(student: nn.Module, size: tuple[int, int], boards: int) -> SplitBytes:
    """What a network's layers would make boards tell each other.

    Args:
        student: takes (B, 3, H, W); left as it is.
        size: (width, height) of its input.
        boards: that compute it together.
    """
    rows = channels = exchanges = 0

    def count(layer: nn.Module, given: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        nonlocal rows, channels, exchanges
        assert isinstance(layer, nn.Conv2d | nn.MaxPool2d)
        kernel, stride = (one if isinstance(one, int) else one[0] for one in (layer.kernel_size, layer.stride))
        shared = max(0, kernel - stride)
        if shared:
            exchanges += 1
            rows += (boards - 1) * shared * given[0].shape[1] * given[0].shape[3]
        if isinstance(layer, nn.Conv2d):
            channels += (boards - 1) * out[0].numel()

    measured = copy.deepcopy(student).cpu().float().eval()
    for part in measured.modules():
        if isinstance(part, nn.Conv2d | nn.MaxPool2d):
            part.register_forward_hook(count)
    with torch.no_grad():
        measured(torch.zeros(1, 3, size[1], size[0]))
    return SplitBytes(BYTES_A_NUMBER * rows, BYTES_A_NUMBER * channels, exchanges)

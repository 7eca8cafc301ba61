"""What a PyTorch network takes, from what OpenCV gives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from lotwise.cameras.detection.tensor import rgb_planes
from lotwise.datasets.frame import Image


def image_tensor(
    images: Sequence[Image],
    device: torch.device | None = None,
    memory_format: torch.memory_format = torch.contiguous_format,
) -> torch.Tensor:
    """B images (H, W, 3) BGR of one size -> (B, 3, H, W) RGB in 0..1, float32.

    Bytes go to the device and become numbers there, a quarter of the traffic.
    """
    planes = torch.from_numpy(rgb_planes(np.stack(images)))
    return planes.to(device, memory_format=memory_format).float().div_(255)

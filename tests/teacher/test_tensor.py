"""Pictures become what a network takes."""

import numpy as np
import pytest
import torch

from lotwise.cameras.detection.tensor import pixels
from lotwise.teacher.tensor import image_tensor

IMAGES = [np.random.default_rng(seed).integers(0, 255, (6, 8, 3), np.uint8) for seed in range(2)]


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_it_is_what_the_node_feeds_its_networks(layout: torch.memory_format) -> None:
    """A student is trained on the very numbers that it is deployed on."""
    tensor = image_tensor(IMAGES, memory_format=layout)
    assert tensor.is_contiguous(memory_format=layout) and tensor.dtype == torch.float32
    assert np.array_equal(tensor.numpy(), pixels(np.stack(IMAGES)))
    assert tensor[1, 0, 2, 3].item() == pytest.approx(IMAGES[1][2, 3, 2] / 255)  # red first

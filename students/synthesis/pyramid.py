"""A batch of pictures as a sum of coarse and fine ones, and what is asked of any picture."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import nn

FINENESS = (0.25, 0.5, 1.0, 1.0, 1.0)
"""By how much a step changes cells of 1, 2, 4, 8 and 16 pixels, relative to each other. Chosen by eye: with 1 for all,
pictures fill with noise."""
COLOURS = ((1.0, 0.25, 0.1), (1.0, 0.0, -0.2), (1.0, -0.25, 0.1))
"""Red, green and blue of a step in brightness, from blue to red, and from magenta to green: colours of photographs are
nearly grey, and vary about so much in these three directions (Olah et al., Feature Visualization, Distill 2017)."""

Size = tuple[int, int]


class Pyramid(nn.Module):
    """Pictures x = base + sum_k s_k M up(z_k), z_k half as large as the one before, M from brightness and colours.

    A step of an optimiser on z changes pictures at all scales at once, and brightness more than colour, so that they
    become smooth and grey as photographs are; on pixels alone it makes noise that only one network takes for a car.
    """

    base: torch.Tensor
    colours: torch.Tensor

    def __init__(self, base: torch.Tensor) -> None:
        """Take the pictures (B, 3, H, W) in 0..1 that it begins with."""
        super().__init__()
        self.register_buffer("base", base)
        self.register_buffer("colours", torch.tensor(COLOURS))
        height, width = base.shape[2:]
        sizes = [(max(1, height >> level), max(1, width >> level)) for level in range(len(FINENESS))]
        self.parts = nn.ParameterList([nn.Parameter(torch.zeros(len(base), 3, *size)) for size in sizes])

    def forward(self) -> torch.Tensor:
        """(B, 3, H, W) in 0..1."""
        size = (self.base.shape[2], self.base.shape[3])
        steps = torch.zeros_like(self.base)
        for share, part in zip(FINENESS, self.parts, strict=True):
            steps = steps + share * resized(part, size)
        total = self.base + torch.einsum("rc,bchw->brhw", self.colours, steps)
        # A hard limit has no slope beyond it: what is too bright once would stay so.
        return total + (total.clamp(0, 1) - total).detach()


def resized(pictures: torch.Tensor, size: Size) -> torch.Tensor:
    """(B, C, h, w) -> (B, C, *size)."""
    if tuple(pictures.shape[2:]) == size:
        return pictures
    return F.interpolate(pictures, size=size, mode="bilinear", align_corners=False)


def blurred(pictures: torch.Tensor, size: Size) -> torch.Tensor:
    """(B, C, H, W) -> (B, C, *size), the mean over the pixels of each cell."""
    return F.adaptive_avg_pool2d(pictures, size)


def total_variation(pictures: torch.Tensor) -> torch.Tensor:
    """Mean difference between neighbouring pixels, along both sides."""
    across, down = pictures.diff(dim=3).abs().mean(), pictures.diff(dim=2).abs().mean()
    return across + down

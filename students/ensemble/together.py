"""Modules that say boxes, taught together as one detector, some of them left out now and then.

Each module sees the frame and nothing of the others: they meet only where the boxes are. In each step every module is
left out with some probability, so that each learns to find the vehicles with the others and without. What is taught is
assigned to the anchors of those that are there (TAL, as for one head): alone, a module is taught every vehicle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel


@dataclass
class JointHead:
    """What decoding asks a head for, of the modules that are there in this step."""

    stride: torch.Tensor
    reg_max: int


class Together(nn.Module):
    """Modules as one student for :func:`lotwise.students.distillation.distill.distill`.

    Args:
        modules: each with a Detect head of its own, the levels of all together finest first or not.
        left_out: probability in each step with which a module is left out; one at least stays.
        seed: of that.
    """

    steps: torch.Tensor

    def __init__(self, modules: Sequence[DetectionModel], left_out: float, seed: int) -> None:
        super().__init__()
        self.members = nn.ModuleList(modules)
        self._strides = [member.model[-1].stride.clone() for member in modules]
        self._left_out, self._seed = left_out, seed
        # Kept with the weights, so that a training that goes on leaves out what it would have left out.
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))
        self._head = JointHead(torch.cat(self._strides), modules[0].model[-1].reg_max)

    @property
    def model(self) -> list[JointHead]:
        """Its last entry is the head, as of an Ultralytics model."""
        return [self._head]

    @property
    def modules_alone(self) -> list[DetectionModel]:
        """Each as a detector of its own."""
        return list(self.members)

    def forward(self, pixels: torch.Tensor) -> Any:
        """(B, 3, H, W) RGB in 0..1 -> raw outputs of the modules that are there, as of one head.

        In training the outputs; else a pair whose second part they are, as Ultralytics' models have it.
        """
        there = self._there() if self.training else list(range(len(self.members)))
        said = [_raw(self.members[number], pixels) for number in there]
        self._head.stride = torch.cat([self._strides[number] for number in there])
        raw = {
            "boxes": torch.cat([one["boxes"] for one in said], 2),
            "scores": torch.cat([one["scores"] for one in said], 2),
            "feats": [level for one in said for level in one["feats"]],
        }
        return raw if self.training else (None, raw)

    def _there(self) -> list[int]:
        """Which modules take part in this step."""
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + int(self.steps))
        self.steps += 1
        drawn = torch.rand(len(self.members), generator=generator)
        there = [number for number, value in enumerate(drawn.tolist()) if value >= self._left_out]
        return there or [int(drawn.argmax())]


def _raw(member: nn.Module, pixels: torch.Tensor) -> dict[str, Any]:
    said = member(pixels)
    raw: dict[str, Any] = said if isinstance(said, dict) else said[1]
    return raw

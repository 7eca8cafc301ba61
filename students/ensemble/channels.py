"""A student divided by channel: boards say maps, and one head at the leader reads all of them.

Each module is a narrow trunk that is taught a community of channels of the teacher's neck. They meet in the head alone,
which reads their channels side by side; a module that is left out says nothing, 0.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.students.losses.assignment import Assignment
from lotwise.students.losses.cells import mean_of, stored_cells
from lotwise.students.losses.targets import Targets
from lotwise.students.model.student import StudentOutput, first_conv, latent_channels


class Trunk(nn.Module):
    """A student without its head: pixels in, the neck's maps out, finest first."""

    def __init__(self, student: DetectionModel) -> None:
        super().__init__()
        self.layers = nn.ModuleList(student.model[:-1])
        self.reads: list[int] = list(student.model[-1].f)
        self.widths = latent_channels(student)
        self.strides = [int(stride) for stride in student.model[-1].stride]

    def forward(self, pixels: torch.Tensor) -> list[torch.Tensor]:
        """(B, 3, H, W) RGB in 0..1 -> (B, C, h, w) of each level."""
        said: list[torch.Tensor] = []
        seen = pixels
        for layer in self.layers:
            origins: Any = layer.f
            if isinstance(origins, int):
                seen = layer(seen if origins == -1 else said[origins])
            else:
                seen = layer([seen if origin == -1 else said[origin] for origin in origins])
            said.append(seen)
        return [said[origin] for origin in self.reads]


class ChannelModules(nn.Module):
    """Trunks and the head that reads them, as one student for
    :func:`lotwise.students.distillation.distill.distill`.

    Args:
        students: narrow ones, of which the trunks are taken, and of the first one the head.
        left_out: probability in each step with which a module says nothing; one at least does.
        seed: of that.
    """

    steps: torch.Tensor

    def __init__(self, students: Sequence[DetectionModel], left_out: float, seed: int) -> None:
        super().__init__()
        self.trunks = nn.ModuleList(Trunk(student) for student in students)
        self.head = joint_head(students)
        self._left_out, self._seed = left_out, seed
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    @property
    def model(self) -> list[nn.Module]:
        """Its last entry is the head, as of an Ultralytics model."""
        return [self.head]

    @property
    def widths(self) -> list[list[int]]:
        """Channels of each module at each level."""
        return [trunk.widths for trunk in self.trunks if isinstance(trunk, Trunk)]

    def forward(self, pixels: torch.Tensor) -> Any:
        """(B, 3, H, W) RGB in 0..1 -> what a Detect head says of all modules' channels side by side."""
        said = [trunk(pixels) for trunk in self.trunks]
        if self.training:
            said = [
                maps if there else [torch.zeros_like(level) for level in maps]
                for maps, there in zip(said, self._there(), strict=True)
            ]
        return self.head([torch.cat(level, 1) for level in zip(*said, strict=True)])

    def _there(self) -> list[bool]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + int(self.steps))
        self.steps += 1
        drawn = torch.rand(len(self.trunks), generator=generator)
        there = drawn >= self._left_out
        there[drawn.argmax()] = True
        return [bool(one) for one in there]


def joint_head(students: Sequence[DetectionModel]) -> nn.Module:
    """The first student's head, its first convolutions reading the channels of all of them side by side."""
    head: nn.Module = copy.deepcopy(students[0].model[-1])
    heads = [student.model[-1] for student in students]
    for name in ("cv2", "cv3"):
        for level, branch in enumerate(getattr(head, name)):
            conv = first_conv(branch)
            width = sum(first_conv(getattr(one, name)[level]).in_channels for one in heads)
            conv.in_channels = width
            made = torch.empty(conv.out_channels, width, *conv.kernel_size)
            conv.weight = nn.Parameter(nn.init.kaiming_uniform_(made, a=5**0.5))
    return head


class CommunityMatching(nn.Module):
    """Squared distance between what a module says and its community of the teacher's channels, at the same cells.

        L = mean_l mean_s mean_k || norm(W_ls v_slk) - norm(t_lk[P_ls]) ||^2 / |P_ls|

    v_s (K, C_s) are the maps of module s, t[P_s] (K, |P_s|) the teacher's channels of its community, W a layer that is
    used in training only; both sides are standardised per cell, as in
    :mod:`lotwise.students.losses.terms.latent`. A module that was left out of the step is left out here.

    Source: NoNN's activation-transfer loss (arXiv 1907.11804), with the projector and the cells of LKD.

    Args:
        widths: channels of each module at each level.
        groups: of each level, the teacher's channels of each module.
    """

    def __init__(self, widths: Sequence[Sequence[int]], groups: Sequence[Sequence[Sequence[int]]]) -> None:
        super().__init__()
        self._widths = [[module[level] for module in widths] for level in range(len(groups))]
        self._groups = [[list(group) for group in level] for level in groups]
        self.layers = nn.ModuleList(
            nn.ModuleList(nn.Linear(width, len(group)) for width, group in zip(level, told, strict=True))
            for level, told in zip(self._widths, self._groups, strict=True)
        )

    def forward(self, output: StudentOutput, targets: Targets, assignment: Assignment) -> torch.Tensor:
        """Scalar; 0 where no sample of the batch carries latents."""
        losses = []
        for cells in stored_cells(output.latents, targets.latents):
            layers: Any = self.layers[cells.level]
            parts = torch.split(cells.student, self._widths[cells.level], 1)
            for layer, part, group in zip(layers, parts, self._groups[cells.level], strict=True):
                if bool(part.detach().any()):
                    losses.append(
                        (_over_channels(layer(part)) - _over_channels(cells.teacher[:, group])).square().mean()
                    )
        return mean_of(losses, output)


def _over_channels(vectors: torch.Tensor) -> torch.Tensor:
    return nn.functional.layer_norm(vectors, vectors.shape[-1:])

"""A narrower student: inner channels of which others say the most on its camera's own frames are taken out.

Only channels between two convolutions that nothing else reads are touched: inside the bottlenecks of backbone and neck
and inside the branches of the head. There half of YOLOv8n's work is done, and no other layer changes its shape. What a
lost channel said is written as a sum of the channels that stay, by least squares over what the frames show, and folded
into the next convolution (as ThiNet does, arXiv 1707.06342, in closed form); distillation does the rest.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from itertools import pairwise

import torch
from torch import nn
from ultralytics.nn.modules import Conv
from ultralytics.nn.modules.block import Bottleneck
from ultralytics.nn.tasks import DetectionModel

from lotwise.teacher.checkpoint import PRUNED

MULTIPLE = 16
"""Channels are kept in multiples of it, in which kernels of processors work: half the channels of YOLOv8n at 416x320
took 8.8 ms in OpenVINO (bf16) in multiples of 16 and 10.0 in those of 8 or 32, all of them 11.1."""
POSITIONS = 4096
"""Places of each picture's map by which channels are compared: hundreds for each of at most some hundred channels."""
DAMPING = 1e-3
"""Share of the mean channel's power that is added to each one's in the least squares, so that dead ones do no harm."""


def can_be_thinned(student: DetectionModel) -> bool:
    """Whether the student has inner channels that can be taken out."""
    return next(_pairs(student), None) is not None


@torch.no_grad()
def thinned(student: DetectionModel, share: float, pictures: Sequence[torch.Tensor]) -> DetectionModel:
    """A copy of a student with this share of its inner channels.

    Args:
        student: in eval mode.
        share: of the channels that stay, above 0 and below 1; in multiples of 16, at least 16.
        pictures: (1, 3, H, W) RGB in 0..1 of its camera, at the size of its input.

    Returns:
        In eval mode; it can be stored and read like any other.
    """
    made = copy.deepcopy(student).eval()
    for first, second in _pairs(made):
        kept_count = max(MULTIPLE, round(second.in_channels * share / MULTIPLE) * MULTIPLE)
        if kept_count >= second.in_channels:
            continue
        # Looked at one after the other, so that each pair makes up for what those before it have become.
        said = _inputs(made, second, pictures)
        kept, lost = _chosen(said, second.weight.square().sum((0, 2, 3)).sqrt(), kept_count)
        gram = said[:, kept].T @ said[:, kept]
        gram += DAMPING * gram.diagonal().mean().clamp(min=1e-12) * torch.eye(kept_count)
        sums = torch.linalg.solve(gram, said[:, kept].T @ said[:, lost])
        weight = second.weight[:, kept] + torch.einsum("oihw,ki->okhw", second.weight[:, lost], sums)
        second.weight, second.in_channels = nn.Parameter(weight.contiguous()), kept_count
        _keep_outputs(first, kept)
    made.yaml = {**made.yaml, PRUNED: True}
    return made


def _pairs(student: DetectionModel) -> Iterator[tuple[Conv, nn.Conv2d]]:
    """Pairs of a layer and the convolution that alone reads it, both dense."""
    for module in student.modules():
        if isinstance(module, Bottleneck) and _dense(module.cv1.conv, module.cv2.conv):
            yield module.cv1, module.cv2.conv
    head = student.model[-1]
    for branch in (head.cv2, head.cv3):
        for level in branch:
            layers = list(level)
            for first, after in pairwise(layers):
                second = after.conv if isinstance(after, Conv) else after
                if isinstance(first, Conv) and isinstance(second, nn.Conv2d) and _dense(first.conv, second):
                    yield first, second


def _chosen(said: torch.Tensor, weight: torch.Tensor, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Which channels stay and which are lost.

    One after the other that one stays of which the least is said by those that stay already (pivoted Cholesky): two
    that say the same are worth no more than one.

    Args:
        said: (N, C) what they say at some places.
        weight: (C,) how much what reads them makes of each.
        count: how many stay.
    """
    weighed = said.double() * weight.double()
    left = weighed.T @ weighed
    kept: list[int] = []
    for _ in range(count):
        power = left.diagonal().clone()
        power[kept] = -1
        best = int(power.argmax())
        kept.append(best)
        if power[best] > 0:
            left = left - torch.outer(left[:, best], left[best]) / power[best]
    lost = [channel for channel in range(said.shape[1]) if channel not in kept]
    return torch.tensor(sorted(kept)), torch.tensor(lost)


def _dense(*convs: nn.Conv2d) -> bool:
    return all(conv.groups == 1 for conv in convs)


def _inputs(student: DetectionModel, conv: nn.Conv2d, pictures: Sequence[torch.Tensor]) -> torch.Tensor:
    """(N, C) what a convolution reads at some places of the pictures."""
    found: list[torch.Tensor] = []
    hook = conv.register_forward_pre_hook(lambda _, given: found.append(given[0].detach()))
    generator = torch.Generator().manual_seed(0)
    try:
        for picture in pictures:
            student(picture)
    finally:
        hook.remove()
    rows = []
    for read in found:
        flat = read.float().permute(0, 2, 3, 1).flatten(0, 2)
        rows.append(flat[torch.randperm(len(flat), generator=generator)[:POSITIONS]])
    return torch.cat(rows)


def _keep_outputs(layer: Conv, kept: torch.Tensor) -> None:
    """Let a layer say these channels only, in place."""
    layer.conv.weight, layer.conv.out_channels = nn.Parameter(layer.conv.weight[kept].contiguous()), len(kept)
    if layer.conv.bias is not None:
        layer.conv.bias = nn.Parameter(layer.conv.bias[kept].contiguous())
    norm = getattr(layer, "bn", None)
    if isinstance(norm, nn.BatchNorm2d):
        norm.weight, norm.bias = (nn.Parameter(one[kept].contiguous()) for one in (norm.weight, norm.bias))
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean, norm.running_var = norm.running_mean[kept].clone(), norm.running_var[kept].clone()
        norm.num_features = len(kept)

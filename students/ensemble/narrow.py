"""A student with fewer channels in every layer: those that say the most on its camera's own frames.

Where :mod:`lotwise.students.right_size.thin` takes channels out of the inside of blocks alone, here every layer becomes
narrower, so that a module of a given budget can be cut out of a whole student. What a lost channel said is gone;
distillation makes up for it. Layers of YOLOv8 are known: Conv, C2f, SPPF, Upsample, Concat, Detect.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

import torch
from torch import nn
from ultralytics.nn.modules import SPPF, C2f, Concat, Conv, Detect
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.teacher.checkpoint import PRUNED

MULTIPLE = 4
"""Channels are kept in multiples of it: kernels of processors work in such groups."""

Kept = torch.Tensor
"""(K,) indices of the channels of a map that are kept, rising."""


def channel_power(student: DetectionModel, pictures: Sequence[torch.Tensor]) -> dict[str, torch.Tensor]:
    """Mean square of what each channel says, by the name of its layer.

    Args:
        student: in eval mode.
        pictures: (1, 3, H, W) RGB in 0..1 of its camera, at the size of its input.
    """
    power: dict[str, torch.Tensor] = {}

    def note(name: str, out: torch.Tensor) -> None:
        power[name] = power.get(name, torch.zeros(out.shape[1])) + out.float().square().mean((0, 2, 3))

    hooks = [
        part.register_forward_hook(lambda _, __, out, name=name: note(name, out))
        for name, part in student.named_modules()
        if isinstance(part, Conv)
    ]
    try:
        with torch.no_grad():
            for picture in pictures:
                student(picture)
    finally:
        for hook in hooks:
            hook.remove()
    return power


@torch.no_grad()
def narrowed(student: DetectionModel, share: float, power: Mapping[str, torch.Tensor]) -> DetectionModel:
    """A copy of a student with this share of the channels of every layer.

    Args:
        student: in eval mode.
        share: of the channels that stay, above 0, at most 1; in multiples of 4, at least 4.
        power: how much each channel says, of :func:`channel_power` of the student, or of one with the same layers.

    Returns:
        In eval mode; it can be stored and read like any other.

    Raises:
        InputError: it has layers that cannot be made narrower.
    """
    made = copy.deepcopy(student).eval()
    names = {part: name for name, part in made.named_modules()}
    cut = _Cut(share, {part: power[name] for part, name in names.items() if isinstance(part, Conv)})
    maps: list[Kept] = []
    widths: list[int] = []
    seen, wide = torch.arange(3), 3
    for layer in made.model:
        origins = [layer.f] if isinstance(layer.f, int) else layer.f
        read = [(seen, wide) if origin == -1 else (maps[origin], widths[origin]) for origin in origins]
        match layer:
            case Conv():
                seen, wide = cut.conv(layer, read[0][0])
            case C2f() if type(layer) is C2f:  # its descendants have other blocks inside
                seen, wide = cut.c2f(layer, read[0][0])
            case SPPF():
                seen, wide = cut.sppf(layer, read[0][0])
            case nn.Upsample():
                seen, wide = read[0]
            case Concat():
                seen, wide = _joined(read), sum(one for _, one in read)
            case Detect():
                cut.head(layer, [kept for kept, _ in read])
            case _:
                raise _cannot(student, layer)
        maps.append(seen)
        widths.append(wide)
    made.yaml = {**made.yaml, PRUNED: True}
    return made


def recalibrated(student: DetectionModel, pictures: Sequence[torch.Tensor]) -> DetectionModel:
    """A copy whose norms know what its layers now say: without the lost channels the old statistics are wrong.

    Known from pruning (Li et al., EagleEye, arXiv 2007.02491). Without it a narrow student says nothing at all, and its
    training begins with making up for that.

    Args:
        student: in eval mode.
        pictures: (1, 3, H, W) RGB in 0..1 of its camera.
    """
    made = copy.deepcopy(student)
    norms = [part for part in made.modules() if isinstance(part, nn.BatchNorm2d)]
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean over all pictures
    with torch.no_grad():
        made.train()(torch.cat(list(pictures)))
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return made.eval()


class _Cut:
    """Makes layers narrower, in place; each says which of its channels are left, and how many there were."""

    def __init__(self, share: float, power: Mapping[Conv, torch.Tensor]) -> None:
        self._share, self._power = share, power

    def conv(self, layer: Conv, read: Kept, out: Kept | None = None) -> tuple[Kept, int]:
        wide = layer.conv.out_channels
        kept = self._best(self._power[layer]) if out is None else out
        _keep(layer.conv, read, kept)
        _keep_norm(layer.bn, kept)
        return kept, wide

    def c2f(self, layer: C2f, read: Kept) -> tuple[Kept, int]:
        half = layer.cv1.conv.out_channels // 2
        power = self._power[layer.cv1]
        first, second = self._best(power[:half]), self._best(power[half:])
        self.conv(layer.cv1, read, torch.cat([first, half + second]))
        parts, said = [first, half + second], second
        for number, block in enumerate(layer.m, start=2):
            inner, _ = self.conv(block.cv1, said)
            # What is added to its input must be of the same channels as that.
            said, _ = self.conv(block.cv2, inner, said if block.add else self._best(self._power[block.cv2]))
            parts.append(number * half + said)
        return self.conv(layer.cv2, torch.cat(parts))

    def sppf(self, layer: SPPF, read: Kept) -> tuple[Kept, int]:
        if getattr(layer, "add", False):
            raise InputError("an SPPF layer that adds its input cannot be made narrower; take a YOLOv8 student")
        kept, wide = self.conv(layer.cv1, read)
        pools = layer.cv2.conv.in_channels // wide
        return self.conv(layer.cv2, torch.cat([kept + number * wide for number in range(pools)]))

    def head(self, layer: Detect, read: Sequence[Kept]) -> None:
        for branch in (layer.cv2, layer.cv3):
            for level, given in zip(branch, read, strict=True):
                seen = given
                for part in level:
                    if isinstance(part, Conv) and part.conv.groups == 1:
                        seen, _ = self.conv(part, seen)
                    elif isinstance(part, nn.Conv2d):
                        _keep(part, seen, torch.arange(part.out_channels))
                    else:
                        raise InputError("a head of other than dense convolutions cannot be made narrower; take YOLOv8")

    def _best(self, power: torch.Tensor) -> Kept:
        count = min(len(power), max(MULTIPLE, round(len(power) * self._share / MULTIPLE) * MULTIPLE))
        return power.topk(count).indices.sort().values


def _joined(read: Sequence[tuple[Kept, int]]) -> Kept:
    parts, before = [], 0
    for kept, wide in read:
        parts.append(kept + before)
        before += wide
    return torch.cat(parts)


def _keep(conv: nn.Conv2d, read: Kept, out: Kept) -> None:
    conv.weight = nn.Parameter(conv.weight[out][:, read].contiguous())
    conv.in_channels, conv.out_channels = len(read), len(out)
    if conv.bias is not None:
        conv.bias = nn.Parameter(conv.bias[out].contiguous())


def _keep_norm(norm: nn.BatchNorm2d, kept: Kept) -> None:
    assert norm.running_mean is not None and norm.running_var is not None
    norm.weight, norm.bias = (nn.Parameter(one[kept].contiguous()) for one in (norm.weight, norm.bias))
    norm.running_mean, norm.running_var = norm.running_mean[kept].clone(), norm.running_var[kept].clone()
    norm.num_features = len(kept)


def _cannot(student: DetectionModel, layer: nn.Module) -> InputError:
    name = student.yaml.get("yaml_file", "student")
    return InputError(
        f"{name}: a {type(layer).__name__} layer cannot be made narrower for a board; take a YOLOv8 student"
    )

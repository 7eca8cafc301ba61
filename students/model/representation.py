"""Representation layers between a student's neck and its head (LKD): put in to be trained, then folded away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from ultralytics.nn.modules import Detect
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.students.model.student import first_conv, latent_channels


class RepresentationLayers(nn.Module):
    """Per level a representation r = W s of the neck's map s, and a map U r that the head reads in its stead.

    Attributes:
        layers: W of each level, a 1x1 convolution C -> width without bias.
        adaptors: U of each level, a 1x1 convolution width -> C without bias.
        said: (B, width, h, w) of each level in float32, as of the last forward in training.
    """

    layers: nn.ModuleList
    adaptors: nn.ModuleList
    said: tuple[torch.Tensor, ...]

    def __init__(self, channels: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        pairs = list(zip(channels, widths, strict=True))
        self.layers = nn.ModuleList(nn.Conv2d(wide, width, 1, bias=False) for wide, width in pairs)
        self.adaptors = nn.ModuleList(nn.Conv2d(width, wide, 1, bias=False) for wide, width in pairs)
        self.widths = tuple(widths)
        self.said = ()

    def forward(self, maps: Sequence[torch.Tensor]) -> list[torch.Tensor]:
        """Neck maps (B, C, h, w) -> what the head reads, of the same shapes."""
        said = [layer(level) for layer, level in zip(self.layers, maps, strict=True)]
        self.said = tuple(level.float() for level in said) if self.training else ()
        return [adaptor(level) for adaptor, level in zip(self.adaptors, said, strict=True)]

    def __getstate__(self) -> dict[str, Any]:
        """Without the last output, whose graph cannot be copied."""
        return {**self.__dict__, "said": ()}


class RepresentedDetect(Detect):  # type: ignore[misc, unused-ignore]  # it has no types
    """A Detect head that reads the neck through representation layers."""

    representation: RepresentationLayers

    def forward(self, x: list[torch.Tensor]) -> Any:
        return super().forward(self.representation(x))


def insert(student: DetectionModel, widths: Sequence[int]) -> RepresentationLayers:
    """Put representation layers between neck and head, in place.

    The student says what it said before where a width is at least the channels of its neck: W begins with
    orthonormal columns and U = W^T, so U W is the identity. A smaller width is a bottleneck: at the start it keeps the
    directions that weigh most in the head's first convolutions, and the head has to make do with them.

    Args:
        student: with a head whose first convolutions are dense, as YOLOv8's.
        widths: of the representation, one a level, finest first.

    Raises:
        InputError: the layers could not be folded into this head afterwards.
        ValueError: there are layers already.
    """
    head = student.model[-1]
    if isinstance(head, RepresentedDetect):
        raise ValueError("the student has representation layers already")
    readers = [_readers(head, level) for level in range(len(head.cv2))]
    if type(head) is not Detect or any(conv.groups > 1 for convs in readers for conv in convs):
        raise InputError(
            f"{student.yaml.get('yaml_file', 'student')}: representation layers cannot be folded into this head, whose "
            "branches must begin with dense convolutions; take a YOLOv8 student, or set weights.representation to 0"
        )
    made = RepresentationLayers(latent_channels(student), widths)
    with torch.no_grad():
        for width, convs, layer, adaptor in zip(widths, readers, made.layers, made.adaptors, strict=True):
            directions = _directions(convs)
            first = torch.eye(width, len(directions)).to(directions) @ directions
            _matrix(layer).copy_(first)
            _matrix(adaptor).copy_(first.T)
    head.representation = made.to(readers[0][0].weight).train(head.training)
    head.__class__ = RepresentedDetect
    return made


def fold(student: DetectionModel) -> None:
    """Merge the representation layers into the head's first convolutions and take them out, in place.

    The student says what it said with them, and is again of the architecture and the cost that it had before. Both
    layers are linear and without bias, so what is merged is exact at the borders too, where the head pads zeros.
    Without such layers there is nothing to do.
    """
    head = student.model[-1]
    if not isinstance(head, RepresentedDetect):
        return
    pairs = zip(head.representation.layers, head.representation.adaptors, strict=True)
    with torch.no_grad():
        for level, (layer, adaptor) in enumerate(pairs):
            through = _matrix(adaptor).double() @ _matrix(layer).double()
            for conv in _readers(head, level):
                conv.weight.copy_(torch.einsum("ochw,cs->oshw", conv.weight.double(), through))
    del head.representation
    head.__class__ = Detect


def _readers(head: Detect, level: int) -> list[nn.Conv2d]:
    """The convolutions of the head that read the neck's map of a level."""
    return [first_conv(branch[level]) for branch in (head.cv2, head.cv3)]


def _matrix(layer: nn.Module) -> torch.Tensor:
    """(C_out, C_in) of a 1x1 convolution; writing into it changes the layer."""
    assert isinstance(layer, nn.Conv2d)
    return layer.weight[..., 0, 0]


def _directions(convs: Sequence[nn.Conv2d]) -> torch.Tensor:
    """(C, C) orthonormal rows: directions of the neck's channels, those that the convolutions read most first."""
    read = torch.cat([conv.weight.detach().double().permute(0, 2, 3, 1).flatten(0, 2) for conv in convs])
    directions: torch.Tensor = torch.linalg.eigh(read.T @ read).eigenvectors.flip(1).T
    return directions

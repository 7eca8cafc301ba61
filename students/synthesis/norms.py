"""Mean and deviation of what comes into each normalisation layer of a network, of pictures and as it was trained."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from lotwise.datasets.frame import Image
from lotwise.teacher.tensor import image_tensor

Statistics = tuple[torch.Tensor, torch.Tensor]
"""Mean and deviation (C,) of each channel."""
LEAST_DEVIATION = 0.03
"""Deviation that is added in quadrature to those of quiet channels, as batch norm adds 0.001 to the variance."""


@dataclass(frozen=True)
class NormStatistics:
    """Mean and deviation of each channel that comes into the network's normalisation layers, and of its pixels.

    Attributes:
        means, deviations: (C,) of the three colours, R, G, B in 0..1, then of all layers one after the other.
    """

    means: NDArray[np.float32]
    deviations: NDArray[np.float32]


def norm_layers(model: nn.Module) -> list[nn.BatchNorm2d]:
    return [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]


def statistics_length(model: nn.Module) -> int:
    """Channels of :class:`NormStatistics` of this network."""
    return 3 + sum(layer.num_features for layer in norm_layers(model))


@contextmanager
def watched_norms(model: nn.Module) -> Iterator[dict[int, Statistics]]:
    """A dictionary that gets, as the network runs, the statistics of what comes into each layer.

    By place among :func:`norm_layers`: layers run in another order than they are listed.
    """
    found: dict[int, Statistics] = {}

    def watch(place: int) -> Callable[[nn.Module, tuple[Any, ...]], None]:
        def note(_: nn.Module, inputs: tuple[Any, ...]) -> None:
            found[place] = statistics_of(inputs[0])

        return note

    handles = [layer.register_forward_pre_hook(watch(place)) for place, layer in enumerate(norm_layers(model))]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def statistics_of(maps: torch.Tensor) -> Statistics:
    """Of maps (B, C, H, W), channel by channel."""
    variance, mean = torch.var_mean(maps.float(), dim=(0, 2, 3), correction=0)
    return mean, (variance + LEAST_DEVIATION**2).sqrt()


def trained_statistics(model: nn.Module) -> list[Statistics]:
    """Of each layer's input over the pictures that the network was trained with."""
    return [
        (layer.running_mean.clone(), (layer.running_var + LEAST_DEVIATION**2).sqrt())
        for layer in norm_layers(model)
        if layer.running_mean is not None and layer.running_var is not None
    ]


@torch.inference_mode()
def measure_statistics(model: nn.Module, pictures: Sequence[Image]) -> NormStatistics:
    """Over all pictures together.

    Args:
        model: in eval mode.
        pictures: (H, W, 3) BGR of the network's input size, at least one.
    """
    means, squares = [], []
    trained = trained_statistics(model)
    for picture in pictures:
        pixels = image_tensor([picture], next(model.parameters()).device)
        with watched_norms(model) as found:
            model(pixels)
        layers = [statistics_of(pixels), *(found.get(place, known) for place, known in enumerate(trained))]
        means.append(torch.cat([mean for mean, _ in layers]).cpu().numpy())
        squares.append(torch.cat([deviation.square() + mean.square() for mean, deviation in layers]).cpu().numpy())
    mean = np.mean(means, axis=0)
    deviation = np.sqrt(np.maximum(np.mean(squares, axis=0) - np.square(mean), LEAST_DEVIATION**2))
    return NormStatistics(mean.astype(np.float32), deviation.astype(np.float32))


def by_layer(statistics: NormStatistics, model: nn.Module) -> tuple[Statistics, list[Statistics]]:
    """Statistics of the pixels, and of each layer."""
    lengths = [3, *(layer.num_features for layer in norm_layers(model))]
    device = next(model.parameters()).device
    means, deviations = (
        torch.split(torch.from_numpy(np.ascontiguousarray(one)).to(device), lengths)
        for one in (statistics.means, statistics.deviations)
    )
    pixels, *layers = zip(means, deviations, strict=True)
    return pixels, layers


def norm_distance(found: Mapping[int, Statistics], wanted: Sequence[Statistics]) -> torch.Tensor:
    """Mean over layers of the mean over channels of ((m - m*) / s*)^2 + (log s / s*)^2.

    DeepInversion's term (arXiv 1912.08795), in units of each channel's deviation, so that no layer outweighs the
    others.

    Args:
        found: by place among the layers; those that are not there did not run.
        wanted: of all layers.
    """
    return torch.stack([apart(one, wanted[place]) for place, one in sorted(found.items())]).mean()


def apart(one: Statistics, wanted: Statistics) -> torch.Tensor:
    """Mean over channels of ((m - m*) / s*)^2 + (log s / s*)^2."""
    (mean, deviation), (mean_wanted, deviation_wanted) = one, wanted
    shift, ratio = (mean - mean_wanted) / deviation_wanted, deviation / deviation_wanted
    return (shift.square() + ratio.log().square()).mean()

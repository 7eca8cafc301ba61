"""The widest module that one board can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import nn
from ultralytics.nn.tasks import DetectionModel

from lotwise.datasets.errors import InputError
from lotwise.students.ensemble.budget import Budget
from lotwise.students.ensemble.cost import Cost, cost_of, counts
from lotwise.students.ensemble.narrow import narrowed

STEPS = 32
"""Shares of the channels that are tried: 1/32, 2/32 and so on to all of them."""
BYTES_A_WEIGHT = 4
"""Of float32, in which modules are exported."""


def widest(
    module: DetectionModel,
    power: Mapping[str, torch.Tensor],
    size: tuple[int, int],
    budget: Budget,
    what: str,
    part: Callable[[DetectionModel], nn.Module] = lambda model: model,
) -> tuple[DetectionModel, Cost]:
    """The module with as many of its channels as the budget allows, and what it costs.

    Args:
        module: with all of them, in eval mode.
        power: of its channels, of :func:`lotwise.students.ensemble.narrow.channel_power`.
        size: (width, height) of its input.
        budget: of a board.
        what: the module's name, for errors.
        part: what of it the board has; all of it by default.

    Raises:
        InputError: not even the narrowest one fits.
    """
    whole = cost_of(part(module), size)
    if budget.holds(whole):
        return module, whole
    beside = whole.bytes - BYTES_A_WEIGHT * whole.parameters
    low, high = 0, STEPS
    while high - low > 1:
        middle = (low + high) // 2
        parameters, multiply_adds = counts(part(narrowed(module, middle / STEPS, power)), size)
        fits = budget.holds(Cost(parameters, multiply_adds, beside + BYTES_A_WEIGHT * parameters))
        low, high = (middle, high) if fits else (low, middle)
    while low:
        made = narrowed(module, low / STEPS, power)
        cost = cost_of(part(made), size)
        if budget.holds(cost):
            return made, cost
        low -= 1  # the description of its layers takes a little more than that of the whole
    least = cost_of(part(narrowed(module, 1 / STEPS, power)), size)
    raise InputError(
        f"{what}: {budget} a board is too little, the narrowest module has {least.bytes / 1000:.0f} kB, "
        f"{least.parameters} parameters and {least.multiply_adds / 1e6:.1f} million multiply-adds; allow that much"
    )

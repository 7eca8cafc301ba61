"""Whether a loss' gradient is that of finite differences."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from lotwise.students.model.student import StudentOutput
from tests.students.losses.outputs import output

STEP = 1e-6


def check(
    cost: Callable[[StudentOutput], torch.Tensor], made: StudentOutput, rel: float = 1e-4, least: float = 1e-6
) -> None:
    """In double precision, along random directions of logits and distributions; ``least`` counts as no difference."""
    places = [made.logits, made.distributions]
    slopes = torch.autograd.grad(cost(made), places, materialize_grads=True, allow_unused=True)
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        ways = [torch.randn(slope.shape, generator=generator, dtype=torch.float64) for slope in slopes]
        there, back = (
            float(cost(output(*(at.detach() + sign * STEP * way for at, way in zip(places, ways, strict=True)))))
            for sign in (1, -1)
        )
        expected = float(sum((slope * way).sum() for slope, way in zip(slopes, ways, strict=True)))
        assert expected != 0
        assert (there - back) / (2 * STEP) == pytest.approx(expected, rel=rel, abs=least)

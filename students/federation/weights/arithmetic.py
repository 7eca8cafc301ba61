"""Sums, differences and means of models, array by array."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError
from lotwise.students.federation.method import Arrays, Parcel


def weighted_mean(models: Sequence[Arrays], weights: Sequence[float]) -> Arrays:
    """sum_i w_i x_i / sum_i w_i of each array, in the type that the arrays have; integers are rounded.

    Args:
        models: of the same names and shapes.
        weights: of each, not all 0.
    """
    total = float(sum(weights))
    return {
        name: _as(sum(w / total * m[name].astype(np.float64) for w, m in zip(weights, models, strict=True)), array)
        for name, array in models[0].items()
    }


def weighted_sum(models: Sequence[Arrays], weights: Sequence[float]) -> Arrays:
    """sum_i w_i x_i of each array."""
    pairs = list(zip(weights, models, strict=True))
    return {
        name: _as(sum(w * m[name].astype(np.float64) for w, m in pairs), array) for name, array in models[0].items()
    }


def added(one: Arrays, other: Arrays, factor: float = 1.0) -> Arrays:
    """one + factor * other, for the names that ``other`` has, all of them in ``one``; the rest as it is."""
    moved = {n: _as(one[n].astype(np.float64) + factor * b.astype(np.float64), one[n]) for n, b in other.items()}
    return {**one, **moved}


def difference(one: Arrays, other: Arrays, factor: float = 1.0) -> Arrays:
    """factor * (one - other), for the names that ``other`` has."""
    return {name: _as(factor * (one[name].astype(np.float64) - b.astype(np.float64)), b) for name, b in other.items()}


def scaled(arrays: Arrays, factor: float) -> Arrays:
    """factor * x of each array."""
    return {name: _as(factor * array.astype(np.float64), array) for name, array in arrays.items()}


def zeros_like(arrays: Arrays) -> Arrays:
    return {name: np.zeros_like(array) for name, array in arrays.items()}


def check_like(group: str, arrays: Arrays, expected: Arrays) -> None:
    """Whether arrays have the names and shapes that are expected.

    Raises:
        InputError: they have not.
    """
    if missing := sorted(set(expected) - set(arrays)):
        raise InputError(f"its {group} lack {missing[0]!r}" + (f" and {len(missing) - 1} more" if missing[1:] else ""))
    if more := sorted(set(arrays) - set(expected)):
        raise InputError(f"its {group} hold {more[0]!r}, which nobody asked for")
    for name, array in arrays.items():
        if array.shape != expected[name].shape:
            raise InputError(f"its {group} {name!r} are of shape {array.shape} instead of {expected[name].shape}")


def check_positive(reply: Parcel, *names: str) -> None:
    """Whether numbers are there and above 0.

    Raises:
        InputError: they are not.
    """
    for name in names:
        if not reply.number(name) > 0:
            raise InputError(f"its number {name!r} is {reply.number(name):g}; above 0 was expected")


def in_order(replies: Mapping[str, Parcel]) -> list[Parcel]:
    """Replies by the names of their nodes, so that a sum is the same whoever was fastest."""
    return [replies[node] for node in sorted(replies)]


def _as(values: object, like: NDArray[np.generic]) -> NDArray[np.generic]:
    computed = np.asarray(values)
    return (np.rint(computed) if np.issubdtype(like.dtype, np.integer) else computed).astype(like.dtype)

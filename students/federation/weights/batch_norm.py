"""Whether normalisation layers travel: they hold what a camera's own light looks like (FedBN, arXiv 2102.07623)."""

from __future__ import annotations

from typing import Literal

from lotwise.students.federation.method import Arrays

BatchNorm = Literal["local", "shared"]
"""``local``: normalisation layers, parameters and statistics, stay on the camera; ``shared``: they travel too."""

STATISTIC = ".running_mean"


def norm_names(arrays: Arrays) -> frozenset[str]:
    """Names of all arrays of batch normalisation layers: parameters, statistics and counters.

    Args:
        arrays: of a whole model, by the names of its ``state_dict``.
    """
    layers = {name.removesuffix(STATISTIC) for name in arrays if name.endswith(STATISTIC)}
    return frozenset(name for name in arrays if name.rpartition(".")[0] in layers)


def travelling(arrays: Arrays, batch_norm: BatchNorm) -> Arrays:
    """What of a whole model's arrays is exchanged."""
    if batch_norm == "shared":
        return arrays
    stays = norm_names(arrays)
    return {name: array for name, array in arrays.items() if name not in stays}


def staying(arrays: Arrays, batch_norm: BatchNorm) -> Arrays:
    """What of a whole model's arrays each camera keeps to itself."""
    stays = norm_names(arrays) if batch_norm == "local" else frozenset()
    return {name: array for name, array in arrays.items() if name in stays}

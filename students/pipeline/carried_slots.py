"""Whether a camera's bundle carries the slots that the camera has now: a node reads slots well only once it does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot


def carries_other_slots(registry: Registry, identity: str, slots: Sequence[Slot]) -> bool:
    """Whether a bundle was made for other slots, so that what it learned of them fits no more.

    Args:
        registry: of the camera.
        identity: of the bundle; one that was deleted since is not made anew for that.
        slots: of the camera now.
    """
    try:
        carried = [shape.slot() for shape in parse_manifest(registry.folder / identity).slots]
    except InputError:
        return False
    return not same_slots(carried, slots)


def same_slots(some: Sequence[Slot], others: Sequence[Slot]) -> bool:
    """Whether slots are the same ones, in the same order, with the same corners."""
    return len(some) == len(others) and all(
        one.id == other.id and np.array_equal(one.polygon, np.asarray(other.polygon, np.float32))
        for one, other in zip(some, others, strict=True)
    )

"""How unlike the cameras of a federation are: frames divided by scene, few frames, and frames of others beside them."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError

LIGHTS = ("dark", "dull", "bright")
OCCUPANCIES = ("empty", "half", "full")


def scene_classes(
    cameras: Mapping[str, str], brightness: Mapping[str, float], vehicles: Mapping[str, float]
) -> dict[str, tuple[str, str, str]]:
    """(light, occupancy, camera) of each frame, by thirds: no labels are needed.

    Args:
        cameras: camera of each frame, by frame name.
        brightness: mean grey level of each frame.
        vehicles: how many the teacher sees in it; thirds are those of its own camera, as lots differ in size.
    """
    lights = _thirds(brightness, LIGHTS)
    full: dict[str, str] = {}
    for camera in sorted(set(cameras.values())):
        full |= _thirds({name: vehicles[name] for name, one in cameras.items() if one == camera}, OCCUPANCIES)
    return {name: (lights[name], full[name], camera) for name, camera in cameras.items()}


def dirichlet_split(
    classes: Mapping[str, Hashable], nodes: Sequence[str], alpha: float, count: int, seed: int
) -> dict[str, tuple[str, ...]]:
    """``count`` frames for each node; what scenes they show is drawn for each node from a Dirichlet distribution.

    Each node draws its shares of the classes from Dir(alpha), then frames of these classes, no frame twice. Where a
    class has no frame left its share goes to the others (Hsu, Qi, Brown, arXiv 1909.06335, with a fixed count).

    Args:
        classes: scene of each frame, by frame name.
        nodes: names.
        alpha: concentration: small (0.1) gives a node frames of one or two scenes, large (100) some of all.
        count: frames of each node.
        seed: the same seed gives the same split.

    Raises:
        InputError: too few frames, or an alpha that is none.
    """
    if alpha <= 0:
        raise InputError(f"alpha {alpha}: the concentration of a Dirichlet split must be above 0")
    if count * len(nodes) > len(classes):
        raise InputError(
            f"{len(classes)} frames cannot give {len(nodes)} nodes {count} each; give fewer, or more frames"
        )
    generator = np.random.default_rng([seed, 31])
    kinds = sorted(set(classes.values()), key=str)
    left = {kind: [name for name in sorted(classes) if classes[name] == kind] for kind in kinds}
    for names in left.values():
        generator.shuffle(names)
    given: dict[str, list[str]] = {node: [] for node in nodes}
    shares = {node: generator.dirichlet([alpha] * len(kinds)) for node in nodes}
    for _ in range(count):  # one frame for each in turn, so that no node takes a scene before all others
        for node in nodes:
            there = np.array([bool(left[kind]) for kind in kinds])
            chance = np.where(there, np.maximum(shares[node], 1e-12), 0)
            kind = kinds[int(generator.choice(len(kinds), p=chance / chance.sum()))]
            given[node].append(left[kind].pop())
    return {node: tuple(sorted(names)) for node, names in given.items()}


def scarce(frames: Mapping[str, Sequence[str]], count: int, seed: int) -> dict[str, tuple[str, ...]]:
    """``count`` frames of each node's own at most, in their order."""
    chosen = {}
    for place, (node, names) in enumerate(frames.items()):
        order = np.random.default_rng([seed, 32, place]).permutation(len(names))[:count]
        chosen[node] = tuple(names[i] for i in sorted(order))
    return chosen


def skew(split: Mapping[str, Sequence[str]], classes: Mapping[str, Hashable]) -> float:
    """How unlike the nodes' scenes are, 0..1: mean distance (total variation) of a node's shares from those of all."""
    kinds = sorted({classes[name] for names in split.values() for name in names}, key=str)
    rows = np.stack([_shares([classes[name] for name in names], kinds) for names in split.values() if names])
    return float(np.abs(rows - rows.mean(0)).sum(1).mean() / 2)


def _shares(found: Sequence[Hashable], kinds: Sequence[Hashable]) -> NDArray[np.float64]:
    return np.array([found.count(kind) for kind in kinds], np.float64) / len(found)


def _thirds(values: Mapping[str, float], names: Sequence[str]) -> dict[str, str]:
    """By rank; equal values are of the same third."""
    ranked = sorted(values.values())
    return {
        frame: names[min(ranked.index(value) * len(names) // len(ranked), len(names) - 1)]
        for frame, value in values.items()
    }

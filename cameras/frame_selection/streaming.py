"""Which frames of a stream are worth keeping, told as they come: the rule of ``farthest_point`` without all at once."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.frame_selection.appearance import Appearance
from lotwise.cameras.frame_selection.farthest_point import NEAR_DUPLICATE_DISTANCE, Why

REMEMBERED_FRAMES = 512
"""Frames, kept or not, by which it is told what a kept one adds: a sample of all that showed something new. 7 MB."""
_LOSS_EXPONENT = 2
"""A frame that would be shown badly counts for more than several that would be shown a little worse."""
_MIN_EXPOSURE = 0.01  # a frame alone is worth keeping however badly it is exposed


@dataclass(frozen=True)
class Novelty:
    """What a frame shows that those kept do not.

    Attributes:
        why: what is new in it, seen from the kept frame that is most like it.
        distance: to that frame; infinite for the first.
    """

    why: Why
    distance: float

    @property
    def alike(self) -> bool:
        """Whether it looks like a frame that is kept."""
        return self.distance <= NEAR_DUPLICATE_DISTANCE


class KeptAppearances:
    """What the kept frames of one camera look like, by name, and what each adds: 15 kB a frame.

    What a frame adds is how much worse the frames that were seen would be shown by the others, each by the one that is
    nearest: the loss of k-medoids, a badly exposed frame counting for less.
    """

    def __init__(self, seed: int = 0) -> None:
        self._kept: dict[str, Appearance] = {}
        self._rng = np.random.default_rng(seed)
        self._noticed = 0
        self._remembered: list[Appearance] = []
        self._distances: dict[str, NDArray[np.float32]] = {}  # of each kept frame to all that are remembered

    def __len__(self) -> int:
        return len(self._kept)

    def novelty(self, seen: Appearance) -> Novelty:
        """What a frame would add."""
        if not self._kept:
            return Novelty("first", np.inf)
        occupancy, light = _distances(seen, list(self._kept.values()))
        distance = np.hypot(occupancy, light)
        near = int(distance.argmin())
        return Novelty("new light" if light[near] > occupancy[near] else "new occupancy", float(distance[near]))

    def notice(self, seen: Appearance) -> None:
        """Remember a frame, kept or not; of many, a sample in which each has the same chance."""
        self._noticed += 1
        place = len(self._remembered)
        if place == REMEMBERED_FRAMES:
            place = int(self._rng.integers(self._noticed))
            if place >= REMEMBERED_FRAMES:
                return
            self._remembered[place] = seen
        else:
            self._remembered.append(seen)
        column = np.hypot(*_distances(seen, list(self._kept.values()))) if self._kept else np.zeros(0, np.float32)
        for name, distance in zip(self._kept, column, strict=True):
            if place == len(self._distances[name]):
                self._distances[name] = np.append(self._distances[name], distance)
            else:
                self._distances[name][place] = distance

    def add(self, name: str, seen: Appearance) -> None:
        """Keep a frame."""
        self._distances[name] = self._to_remembered(seen)
        self._kept[name] = seen

    def remove(self, name: str) -> None:
        """Forget a frame."""
        del self._kept[name], self._distances[name]

    def losses(self, without: Collection[str] = (), new: Appearance | None = None) -> dict[str, float]:
        """What would be lost with each kept frame: by name; infinite for one alone.

        Args:
            without: names of those that count as given up already.
            new: a frame that counts as kept, under the name "".
        """
        distances = {name: row for name, row in self._distances.items() if name not in without}
        if new is not None:
            distances[""] = self._to_remembered(new)
        if len(distances) < 2 or not self._remembered:
            return dict.fromkeys(distances, np.inf)
        table = np.stack(list(distances.values()))
        nearest = table.argmin(axis=0)
        two = np.partition(table, 1, axis=0)[:2].astype(np.float64) ** _LOSS_EXPONENT
        weights = np.maximum([one.exposure for one in self._remembered], _MIN_EXPOSURE)
        lost = np.bincount(nearest, weights * (two[1] - two[0]), minlength=len(table)) / weights.sum()
        return dict(zip(distances, lost.tolist(), strict=True))

    def _to_remembered(self, seen: Appearance) -> NDArray[np.float32]:
        if not self._remembered:
            return np.zeros(0, np.float32)
        return np.asarray(np.hypot(*_distances(seen, self._remembered)), np.float32)


def _distances(one: Appearance, others: list[Appearance]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How far others are from one in occupancy and in light, as :class:`Survey` has it; (N,) each."""
    unlike = np.clip(1 - np.stack([other.occupancy for other in others]) @ one.occupancy, 0, 2)
    light = np.stack([other.light for other in others]) - one.light
    return np.sqrt(unlike), np.linalg.norm(light, axis=1)

"""Chooses for a frame of a camera what else it could have shown: which donor, which regions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import cv2
import numpy as np

from lotwise.datasets.frame import Detections
from lotwise.students.composites.background import MAX_BACKGROUND_FRAMES, Mask, learn_background
from lotwise.students.composites.swap import Composite, Region, View, compose, find_regions
from lotwise.teacher.knowledge import Latent

MAX_DONORS = 3
"""Other frames that are asked for one composite, so that a lot on which nothing changes costs a bounded time."""
EMPTIED_CHANCE = 0.2
"""Chance that the free ground is asked before another frame. Chosen, so that emptied lots stay the exception."""
CACHED_PAIRS = 256
"""Pairs of frames whose regions are remembered, a few kB each."""


class Composer:
    """Composites of frames of the same camera."""

    def __init__(
        self, view: Callable[[int], View], cameras: Sequence[str], positive_threshold: float, ignore_threshold: float
    ) -> None:
        """Take frames by number.

        Args:
            view: gives a frame at the network's input size with what stands in it.
            cameras: camera of each frame.
            positive_threshold: boxes from this score up are vehicles.
            ignore_threshold: boxes from here to ``positive_threshold`` may be vehicles.
        """
        self._view = view
        self._cameras = tuple(cameras)
        self._positive_threshold, self._ignore_threshold = positive_threshold, ignore_threshold
        self._of: dict[str, list[int]] = defaultdict(list)
        for index, camera in enumerate(cameras):
            self._of[camera].append(index)
        self._regions = lru_cache(CACHED_PAIRS)(self._find)
        self._ground = lru_cache(None)(self._learn)

    def __call__(self, index: int, generator: np.random.Generator) -> Composite | None:
        """A composite on this frame, or None where the donors tried have nothing to swap."""
        others = [other for other in self._of[self._cameras[index]] if other != index]
        donors: list[int | None] = generator.permutation(others)[:MAX_DONORS].tolist()
        if others and generator.random() < EMPTIED_CHANCE:
            donors.insert(0, None)
        for donor in donors:
            if regions := self._regions(index, donor):
                return compose(self._view(index), self._donor(index, donor), regions, generator, self._ignore_threshold)
        return None

    def _donor(self, index: int, donor: int | None) -> View:
        return self._ground(self._cameras[index]) if donor is None else self._view(donor)

    def _find(self, index: int, donor: int | None) -> tuple[Region, ...]:
        return find_regions(self._view(index), self._donor(index, donor), self._positive_threshold)

    def _learn(self, camera: str) -> View:
        mine = self._of[camera]
        some = [mine[i] for i in np.linspace(0, len(mine) - 1, min(len(mine), MAX_BACKGROUND_FRAMES)).astype(int)]
        views = [self._view(index) for index in some]
        ground = learn_background([(view.image, view.detections) for view in views], self._ignore_threshold)
        return View(ground.image, Detections.empty(), ground.known)


def unchanged_cells(latent: Latent, mask: Mask) -> Latent:
    """A latent without the cells that lie in the mask (H, W) or next to a cell that does."""
    rows, columns = latent.grid
    share = cv2.resize(mask.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    near = cv2.dilate((share > 0).astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    keep = ~near.ravel()[latent.cells]
    return replace(latent, cells=latent.cells[keep], values=latent.values[keep])

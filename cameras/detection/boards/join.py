"""From what the modules say to what the student says, with some of them missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.boards.answer import Answer, Maps
from lotwise.cameras.detection.ensemble import EnsembleEntry, ModuleEntry, Window
from lotwise.datasets.frame import Detections

RunHead = Callable[[Sequence[NDArray[np.float32]]], Detections]
"""From maps (C, h, w) of each level, finest first, to boxes in pixels of the input with raw scores."""


def join(ensemble: EnsembleEntry, answers: Sequence[Answer | None], head: RunHead | None) -> Detections:
    """Boxes of all modules that answered, in pixels of the student's input, raw scores, before suppression among them.

    Args:
        ensemble: whose modules they are.
        answers: of each module in order; None of one that is missing.
        head: turns maps into boxes, where modules say maps; channels of a missing one are 0.
    """
    if head is not None:
        if all(answer is None for answer in answers):
            return Detections.empty()
        return head(_side_by_side(ensemble, answers))
    told = [
        (module, answer)
        for module, answer in zip(ensemble.modules, answers, strict=True)
        if isinstance(answer, Detections)
    ]
    kept = [_own(answer, module, [other for other, _ in told if other is not module]) for module, answer in told]
    if not kept:
        return Detections.empty()
    return Detections.of(
        np.concatenate([found.boxes for found in kept]), np.concatenate([found.scores for found in kept])
    )


def unread(ensemble: EnsembleEntry, answers: Sequence[Answer | None]) -> tuple[Window, ...]:
    """Parts of the input that are not read: territories of missing modules that no other one looks at whole, or that
    the others were measured to read too badly.

    Args:
        ensemble: whose modules they are.
        answers: of each module in order; None of one that is missing.
    """
    pairs = list(zip(ensemble.modules, answers, strict=True))
    windows = [module.window for module, answer in pairs if answer is not None]
    return tuple(
        module.territory
        for module, answer in pairs
        if answer is None and (module.needed or not any(_holds(window, module.territory) for window in windows))
    )


def _own(found: Detections, module: ModuleEntry, others: Sequence[ModuleEntry]) -> Detections:
    """The boxes that a module answers for: whose centre lies in its own territory, or in no other's that answered."""
    centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    foreign = np.zeros(len(found), bool)
    for other in others:
        foreign |= _inside(centres, other.territory)
    return found[~foreign | _inside(centres, module.territory)]


def _inside(points: NDArray[np.floating[Any]], window: Window) -> NDArray[np.bool_]:
    left, top, right, bottom = window
    across = (points[:, 0] >= left) & (points[:, 0] < right)
    return np.asarray(across & (points[:, 1] >= top) & (points[:, 1] < bottom))


def _holds(window: Window, part: Window) -> bool:
    return window[0] <= part[0] and window[1] <= part[1] and window[2] >= part[2] and window[3] >= part[3]


def _side_by_side(ensemble: EnsembleEntry, answers: Sequence[Answer | None]) -> list[NDArray[np.float32]]:
    """Maps of each level, the modules' channels one after the other."""
    maps: list[Maps] = []
    for module, answer in zip(ensemble.modules, answers, strict=True):
        nothing = tuple(np.zeros(shape, np.float16) for shape in module.map_shapes)
        maps.append(nothing if answer is None or isinstance(answer, Detections) else answer)
    return [np.concatenate(level).astype(np.float32) for level in zip(*maps, strict=True)]

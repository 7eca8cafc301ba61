"""From which score the untouched nano's boxes make a slot occupied: chosen without labels, by the teacher's word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots import SlotRule
from lotwise.datasets.frame import Detections, Slot, SlotState
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE

LOWEST = 0.02
"""Lowest raw score that is tried; a small car far away may have no more from an untouched nano."""
UNTOLD_LOWEST = 0.05
"""Lowest score that is taken where scores above it are as good: a frame without cars is right with every threshold,
and on a whole day without cars the nano's boxes from here up make one slot in a hundred occupied, from ``LOWEST`` up
seven (UFPR05's empty day; counted once, by no script that is kept)."""
MORE_FALSE = 0.02
"""Share of the free slots, one slot at least, that may be called occupied beyond those at the usual score."""
TRIED = 24
"""Scores that are tried, even in log odds from ``LOWEST`` to the usual one."""
MOST_FRAMES = 30
"""Frames that are read at most, evenly chosen: more show nothing new and reading a hundred slots takes 10 ms."""


@dataclass(frozen=True)
class SlotsTold:
    """What the teacher says of a camera's slots.

    Attributes:
        states: by frame name and slot id, of boxes of the teacher that are taught.
        sizes: (width, height) of each frame, px, by its name.
        slots: of the camera.
        rule: which reads them.
    """

    states: Mapping[str, Mapping[str, SlotState]]
    sizes: Mapping[str, tuple[int, int]]
    slots: Sequence[Slot]
    rule: SlotRule


def tell_slots(
    told: Mapping[str, Detections],
    sizes: Mapping[str, tuple[int, int]],
    slots: Sequence[Slot],
    rule: SlotRule,
    threshold: float,
) -> SlotsTold:
    """Read a camera's slots from what the teacher said.

    Args:
        told: the teacher's boxes by frame name.
        sizes: (width, height) of each frame, px, by its name.
        slots: of the camera.
        rule: which reads them.
        threshold: the teacher's boxes from this score up are taught.
    """
    states = {
        name: {slot: reading.state for slot, reading in rule(found, slots, sizes[name], confidence=threshold).items()}
        for name, found in told.items()
    }
    return SlotsTold(states, sizes, slots, rule)


def choose_slot_threshold(said: Mapping[str, Detections], told: SlotsTold) -> float:
    """The raw score at which most slots are read as the teacher reads them.

    Of scores that are as good it is the middle, in log odds, for that is furthest from both mistakes. A score at which
    more free slots are called occupied than at the usual one is not taken: on a full lot few are free, so few tell.

    Args:
        said: boxes of the nano, of low score too, by frame name.
        told: the teacher's word on these frames, or on more.

    Returns:
        At most the usual confidence, which is also what is kept where there are no slots to read.
    """
    names = list(said)
    names = [names[index] for index in np.linspace(0, len(names) - 1, min(len(names), MOST_FRAMES)).astype(int)]
    if not names or not told.slots:
        return DEFAULT_CONFIDENCE
    lowest_odds, usual_odds = _log_odds(np.array([LOWEST, DEFAULT_CONFIDENCE])).tolist()
    tried = 1 / (1 + np.exp(-np.linspace(lowest_odds, usual_odds, TRIED)))
    right, false = np.array([_held_against(said, told, names, float(score)) for score in tried]).T
    free = sum(list(told.states[name].values()).count("free") for name in names)
    allowed = false <= false[-1] + max(1, MORE_FALSE * free)
    lowest = int(np.flatnonzero(~allowed).max(initial=-1)) + 1
    first = last = lowest + int(right[lowest:].argmax())
    while last + 1 < len(tried) and right[last + 1] == right[first]:
        last += 1
    if tried[last] < UNTOLD_LOWEST:
        return float(tried[last])
    middle = _log_odds(np.array([max(tried[first], UNTOLD_LOWEST), tried[last]])).mean()
    return float(1 / (1 + np.exp(-middle)))


def _held_against(
    said: Mapping[str, Detections], told: SlotsTold, names: Sequence[str], score: float
) -> tuple[int, int]:
    """(slots of these frames that are read as the teacher reads them, those that it calls free and are occupied)."""
    right = false = 0
    for name in names:
        readings = told.rule(said[name], told.slots, told.sizes[name], confidence=score)
        pairs = [(readings[slot].state, state) for slot, state in told.states[name].items()]
        right += sum(read == state for read, state in pairs)
        false += pairs.count(("occupied", "free"))
    return right, false


def _log_odds(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.log(scores / (1 - scores)))

"""What a smaller student is worth beside the full-size one, on frames that neither learned from, without labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.slots import SlotRule
from lotwise.datasets.boxes import area, iou
from lotwise.datasets.frame import Detections, Slot, SlotState
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.pipeline.expected_f1 import SAME_VEHICLE_IOU, Expected, choose_threshold, judge
from lotwise.students.right_size.losses import Losses

OVERLAPS = tuple(float(one) for one in np.round(np.arange(0.5, 1.0, 0.05), 2))
"""IoU thresholds of the strict agreement, as those of mAP50-95."""
SURE_SCORE = 0.5
"""Taught boxes from this probability up are vehicles that have to be found: more likely than not."""
SMALL_SHARE = 0.25
"""The smallest quarter of these vehicles are the small ones: far rows are what a small input loses first."""


@dataclass(frozen=True)
class Seen:
    """What a student says of some frames.

    Attributes:
        threshold: raw score from which its boxes are reported: that of best expected F1.
        reported: its boxes from there up, in pixels of the frame, by frame name.
        slots: state of each slot, by frame name and slot id; empty where there are no slots.
        f1: expected F1 of the reported boxes with the consensus.
        strict: mean of the same over ``OVERLAPS``, so that loose boxes count as a loss.
        small: which of the smallest sure vehicles it finds.
        right: which slots are as the consensus has them; empty where there are no slots.
    """

    threshold: float
    reported: Mapping[str, Detections]
    slots: Mapping[str, Mapping[str, SlotState]]
    f1: float
    strict: float
    small: NDArray[np.bool_]
    right: NDArray[np.bool_]


def see(
    said: Mapping[str, Detections],
    expected: Mapping[str, Expected],
    rule: SlotRule,
    slots: Sequence[Slot],
    sizes: Mapping[str, tuple[int, int]],
    threshold: float | None = None,
) -> Seen:
    """Judge what a student says of frames that it did not learn from.

    Args:
        said: all its boxes, of low score too, raw scores, by frame name.
        expected: of the same frames, by the teacher's word.
        rule: how slots are read.
        slots: of the camera.
        sizes: (width, height) of each frame.
        threshold: raw score from which its boxes are reported; that of best expected F1 where None.
    """
    pairs = [(found, expected[name]) for name, found in said.items()]
    judged = judge(pairs)
    threshold = choose_threshold(judged) if threshold is None else threshold
    reported = {name: found[found.scores >= threshold] for name, found in said.items()}
    least = min(threshold, DEFAULT_CONFIDENCE)
    states = {
        name: {slot: one.state for slot, one in rule(found, slots, sizes[name], confidence=least).items()}
        for name, found in said.items()
        if slots
    }
    return Seen(
        threshold,
        reported,
        states,
        judged.f1(threshold),
        float(np.mean([judge(pairs, overlap).f1(threshold) for overlap in OVERLAPS])),
        _small_found(reported, expected),
        _same(states, _taught_states(expected, rule, slots, sizes) if slots else {}),
    )


def losses(full: Seen, smaller: Seen) -> Losses:
    """What the second one loses against the first; both of the same frames."""
    same = _same(full.slots, smaller.slots)
    return Losses(
        full.f1 - smaller.f1,
        full.strict - smaller.strict,
        beyond_chance(full.small, smaller.small),
        beyond_chance(full.right, smaller.right) if len(same) else None,
        1 - float(same.mean()) if len(same) else None,
        1 - agreement((found, smaller.reported[name]) for name, found in full.reported.items()),
    )


def beyond_chance(before: NDArray[np.bool_], after: NDArray[np.bool_]) -> float:
    """Share of things right before and wrong after, less those the other way round, less what may be chance.

    Were both equally likely, the difference of ``lost`` and ``won`` things would have a standard deviation of
    sqrt(lost + won), as in McNemar's test: a loss counts as far as it exceeds that.

    Args:
        before, after: (N,) which of the same things are right.

    >>> right, wrong = np.ones(100, bool), np.arange(100) < 96
    >>> beyond_chance(right, wrong), beyond_chance(wrong, right), beyond_chance(right, right)
    (0.02, -0.04, 0.0)
    """
    if not len(before):
        return 0.0
    lost, won = int((before & ~after).sum()), int((after & ~before).sum())
    less = max(0.0, lost - won - (lost + won) ** 0.5) if lost > won else float(lost - won)
    return less / len(before)


def _taught_states(
    expected: Mapping[str, Expected], rule: SlotRule, slots: Sequence[Slot], sizes: Mapping[str, tuple[int, int]]
) -> dict[str, dict[str, SlotState]]:
    """Slot states by the teacher's word, as the camera's other frames correct it."""
    return {
        name: {
            slot: one.state
            for slot, one in rule(expected[name].taught, slots, size, confidence=DEFAULT_CONFIDENCE).items()
        }
        for name, size in sizes.items()
    }


def _same(
    some: Mapping[str, Mapping[str, SlotState]], others: Mapping[str, Mapping[str, SlotState]]
) -> NDArray[np.bool_]:
    """Which slots are in the same state on both sides, in one order; empty where there are no slots."""
    same = [state == others[name][slot] for name, states in some.items() for slot, state in states.items()]
    return np.array(same, bool)


def _small_found(reported: Mapping[str, Detections], expected: Mapping[str, Expected]) -> NDArray[np.bool_]:
    """Which of the smallest sure vehicles are found, in one order."""
    sizes, found = [], []
    for name, boxes in reported.items():
        sure = expected[name].taught
        sure = sure[sure.scores >= SURE_SCORE]
        sizes.append(np.sqrt(area(sure.boxes)))
        found.append(iou(sure.boxes, boxes.boxes).max(axis=1, initial=0) >= SAME_VEHICLE_IOU)
    every, hit = np.concatenate([*sizes, np.zeros(0)]), np.concatenate([*found, np.zeros(0, bool)])
    return hit[every <= np.quantile(every, SMALL_SHARE)] if len(every) else hit

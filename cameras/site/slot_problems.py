"""All that is wrong with slots that are being drawn, not only the first of it: what an editor tells while one draws."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from lotwise.cameras.site.slot_check import TWICE, drawn_wrong, unreadable, wrong_name
from lotwise.cameras.site.slot_overlaps import overlapping_slots
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.datasets.frame import Slot
from lotwise.datasets.printable import printable


@dataclass(frozen=True)
class SlotProblem:
    """One thing that is wrong.

    Attributes:
        slots: places in the list of the slots that it is about; ids may be doubled.
        refused: a slot file with it is refused; else it is read, but a car is read on one of the slots only.
    """

    kind: Literal["shape", "id", "overlap"]
    slots: tuple[int, ...]
    why: str
    refused: bool


def slot_problems(shapes: Sequence[SlotShape]) -> tuple[SlotProblem, ...]:
    """Everything that a slot file with these slots would be refused for, and slots on one place.

    By the rules of :mod:`~lotwise.cameras.site.slot_check` and :mod:`~lotwise.cameras.site.slot_overlaps`.
    """
    found: list[SlotProblem] = []
    places: dict[str, list[int]] = defaultdict(list)
    sound: list[Slot] = []
    number_of: dict[int, int] = {}
    for number, shape in enumerate(shapes):
        places[shape.id].append(number)
        polygon = np.array(shape.polygon, np.float32).reshape(-1, 2)
        if why := unreadable(polygon) or drawn_wrong(polygon):
            found.append(SlotProblem("shape", (number,), f"slot {shape.id}: {why}", True))
        else:
            sound.append(Slot(shape.id, polygon))
            number_of[id(sound[-1])] = number
    for name, numbers in places.items():
        if why := wrong_name(name):
            found.append(SlotProblem("id", tuple(numbers), f"slot {printable(name)}: {why}", True))
        if len(numbers) > 1:
            found.append(SlotProblem("id", tuple(numbers), f"slot {name}: {TWICE}", True))
    for one, other, share in overlapping_slots(sound):
        numbers = sorted((number_of[id(one)], number_of[id(other)]))
        why = f"slots {one.id} and {other.id} lie on one place ({share:.0%}); a car there is read on one of them only"
        found.append(SlotProblem("overlap", tuple(numbers), why, False))
    return tuple(found)

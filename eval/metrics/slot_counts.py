"""Slot states against their labels: counts of one frame, and the figures over many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from lotwise.cameras.slots import SlotReading
from lotwise.datasets.frame import SlotState
from lotwise.eval.metrics.operating_point import share
from lotwise.eval.rows import Row


@dataclass(frozen=True)
class SlotCounts:
    """Labelled slots of one frame by label and by what was said of them."""

    occupied_right: int = 0
    occupied_called_free: int = 0
    occupied_unknown: int = 0
    free_right: int = 0
    free_called_occupied: int = 0
    free_unknown: int = 0

    @property
    def occupied(self) -> int:
        return self.occupied_right + self.occupied_called_free + self.occupied_unknown

    @property
    def free(self) -> int:
        return self.free_right + self.free_called_occupied + self.free_unknown

    @property
    def unknown(self) -> int:
        return self.occupied_unknown + self.free_unknown

    @property
    def called_occupied(self) -> int:
        return self.occupied_right + self.free_called_occupied


def count_slots(labels: Mapping[str, SlotState], readings: Mapping[str, SlotReading]) -> SlotCounts:
    """Holds a frame's readings against its labels; a slot without a reading is ``unknown``."""
    said = [(label, readings[slot].state if slot in readings else "unknown") for slot, label in labels.items()]
    return SlotCounts(
        said.count(("occupied", "occupied")),
        said.count(("occupied", "free")),
        said.count(("occupied", "unknown")),
        said.count(("free", "free")),
        said.count(("free", "occupied")),
        said.count(("free", "unknown")),
    )


def with_slots(row: Row, counts: Sequence[SlotCounts]) -> Row:
    """The row with its slot fields filled in from the counts of its frames."""
    right_occupied, right_free = sum(c.occupied_right for c in counts), sum(c.free_right for c in counts)
    occupied, free = sum(c.occupied for c in counts), sum(c.free for c in counts)
    called = sum(c.called_occupied for c in counts)
    surplus = [c.called_occupied - c.occupied for c in counts]
    recalls = [right / total for right, total in ((right_occupied, occupied), (right_free, free)) if total]
    return replace(
        row,
        slots=occupied + free,
        accuracy=share(right_occupied + right_free, occupied + free),
        balanced_accuracy=share(sum(recalls), len(recalls)),
        slot_precision=share(right_occupied, called),
        slot_recall=share(right_occupied, occupied),
        slot_f1=share(2 * right_occupied, called + occupied),
        count_error=share(sum(map(abs, surplus)), len(surplus)),
        count_bias=share(sum(surplus), len(surplus)),
        errors=occupied + free - right_occupied - right_free,
        unknown=sum(c.unknown for c in counts),
    )

"""How slots that are being drawn would be read, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.slot_problems import slot_problems
from lotwise.cameras.slots.reading import SlotReading
from lotwise.cameras.slots.seen_frame import SeenFrame
from lotwise.datasets.frame import Slot
from lotwise.node.http.slot_editor.models import FrameAnswer, ProblemAnswer, ReadingAnswer, TryAnswer


def tried(entries: Sequence[SlotEntry], frames: Sequence[SeenFrame], unread: str) -> TryAnswer:
    """Problems and readings of slots; one that has no area, or crosses itself, is not read.

    Args:
        entries: slots; ids may be doubled.
        frames: the newest last.
        unread: why there are none.
    """
    problems = slot_problems(entries)
    broken = {number for problem in problems if problem.kind == "shape" for number in problem.slots}
    names = _unique([entry.id for entry in entries])
    slots = [
        Slot(name, np.array(entry.polygon, np.float32))
        for number, (name, entry) in enumerate(zip(names, entries, strict=True))
        if number not in broken
    ]
    return TryAnswer(
        problems=tuple(map(ProblemAnswer.of, problems)),
        frames=tuple(_frame(frame, slots, names) for frame in frames),
        unread=unread,
    )


def _frame(frame: SeenFrame, slots: Sequence[Slot], names: Sequence[str]) -> FrameAnswer:
    readings = frame.read(slots) if slots else {}
    return FrameAnswer(
        name=frame.name,
        taken=frame.taken,
        readings=tuple(_answer(readings.get(name)) for name in names),
    )


def _answer(reading: SlotReading | None) -> ReadingAnswer | None:
    return None if reading is None else ReadingAnswer(state=reading.state, score=round(reading.score, 4))


def _unique(ids: Sequence[str]) -> list[str]:
    """Names that stand for one slot each: the first with an id keeps it, and with it what was learned of it."""
    first = {name: number for number, name in reversed(list(enumerate(ids)))}
    return [name if first[name] == number else f"{name}\0{number}" for number, name in enumerate(ids)]

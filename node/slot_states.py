"""The states of a camera's slots, whichever slots it has at the moment."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import numpy as np

from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.slots import SlotReading
from lotwise.cameras.slots.hysteresis import open_hysteresis
from lotwise.cameras.slots.masked import masked_slots
from lotwise.cameras.slots.slot_changes import slot_changes
from lotwise.cameras.slots.state import SlotChange, SlotNow
from lotwise.datasets.frame import Masks, Slot


class SlotStates:
    """Slots with their states; those under privacy masks, of which nothing is ever read, are always unknown.

    Args:
        slots: that the camera has at the start.
        settings: what holds their states steady.
        masks: what is painted on the camera's frames.
        before: states before a restart, by slot id.
        began: time of the start, with time zone.
        held_until: until when the states before are known to have held.
    """

    def __init__(
        self,
        slots: tuple[Slot, ...],
        settings: HysteresisSettings,
        masks: Masks,
        before: Mapping[str, SlotNow],
        began: datetime,
        held_until: datetime | None,
    ) -> None:
        self.slots = slots
        self._settings, self._masks, self._began = settings, masks, began
        self._before, self._held_until = before, held_until
        self._hysteresis = open_hysteresis(self._read_slots(), settings, before, began, held_until)

    @property
    def now(self) -> Mapping[str, SlotNow]:
        """Every slot's state, in the order of the slots; what was handed out never changes."""
        seen = self._hysteresis.now
        return {slot.id: seen.get(slot.id) or self._masked[slot.id] for slot in self.slots} if self._masked else seen

    @property
    def pending(self) -> bool:
        """Another frame is wanted soon: a change waits for its confirmation, or nothing was read yet."""
        return self._hysteresis.pending

    @property
    def starting(self) -> bool:
        """Some slot was never known since the start."""
        return self._hysteresis.starting

    def follow(self, slots: tuple[Slot, ...], any_read: bool, time: datetime) -> bool:
        """Let other slots take the place of these; whether they are others.

        Args:
            slots: from now on. Those that were there already go on as if nothing had happened.
            any_read: a frame was looked at since the start. Before that, states of before the restart are taken on.
            time: the moment.
        """
        if slots is self.slots:
            return False
        before, self.slots = self.slots, slots
        if _same(before, slots):
            return False
        if before and any_read:
            self._hysteresis.follow(self._read_slots(), slot_changes(before, slots).unchanged, time)
        else:
            self._hysteresis = open_hysteresis(self._read_slots(), self._settings, self._before, time, self._held_until)
        return True

    def update(
        self, readings: Mapping[str, SlotReading], hidden: Collection[str], time: datetime, unread: Collection[str]
    ) -> tuple[SlotChange, ...]:
        """Take the readings of one frame, by slot id, and say what changed: as :class:`Hysteresis`."""
        return self._hysteresis.update(readings, hidden, time, unread)

    def same(self, time: datetime) -> None:
        """A frame was not detected because nothing in it had changed."""
        self._hysteresis.same(time)

    def lose(self, why: str, time: datetime) -> tuple[SlotChange, ...]:
        """All slots are unknown at once, for a reason such as a view's verdict or a source's state."""
        return self._hysteresis.lose(why, time)

    def _read_slots(self) -> list[Slot]:
        """The slots that are read; the others are noted as masked."""
        masked = masked_slots(self.slots, self._masks)
        self._masked = {name: SlotNow("unknown", self._began, why="masked") for name in masked}
        return [slot for slot in self.slots if slot.id not in masked]


def _same(some: Sequence[Slot], others: Sequence[Slot]) -> bool:
    return len(some) == len(others) and all(
        a.id == b.id and np.array_equal(a.polygon, b.polygon) for a, b in zip(some, others, strict=True)
    )

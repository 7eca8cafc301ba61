"""What holds the slot states of a camera steady, and which kind does so for which setting."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from lotwise.cameras.site.hysteresis import HysteresisKind, HysteresisSettings
from lotwise.cameras.slots.consecutive_readings import ConsecutiveReadings
from lotwise.cameras.slots.reading import SlotReading
from lotwise.cameras.slots.state import SlotChange, SlotNow
from lotwise.datasets.frame import Slot


class Hysteresis(Protocol):
    """The published states of one camera's slots. Times are those of frames, with time zone."""

    @property
    def now(self) -> Mapping[str, SlotNow]:
        """By slot id, in the order of the slots; what was handed out never changes."""
        ...

    @property
    def pending(self) -> bool:
        """Another frame is wanted soon: a change waits for its confirmation, or nothing was read yet."""
        ...

    @property
    def starting(self) -> bool:
        """Some slot was never known since the start."""
        ...

    def update(
        self, readings: Mapping[str, SlotReading], hidden: Collection[str], time: datetime, unread: Collection[str] = ()
    ) -> tuple[SlotChange, ...]:
        """Take the readings of one frame, by slot id, and say what changed; those of hidden slots do not count, and
        ``unread`` ones, at which nobody has looked, become unknown."""
        ...

    def same(self, time: datetime) -> None:
        """A frame was not detected because nothing in it had changed."""
        ...

    def lose(self, why: str, time: datetime) -> tuple[SlotChange, ...]:
        """All slots are unknown at once, for a reason such as a view's verdict or a source's state."""
        ...

    def follow(self, slots: Sequence[Slot], unchanged: Collection[str], time: datetime) -> None:
        """Other slots take the place of these: those of the ids ``unchanged`` go on as if nothing had happened, all
        others are new."""
        ...


class HysteresisFactory(Protocol):
    """How each kind is made."""

    def __call__(
        self,
        slots: Sequence[Slot],
        settings: HysteresisSettings,
        before: Mapping[str, SlotNow],
        start: datetime | None,
        seen: datetime | None,
        /,
    ) -> Hysteresis: ...


KINDS: Mapping[HysteresisKind, HysteresisFactory] = {"consecutive": ConsecutiveReadings}
"""By the name that the setting ``hysteresis.kind`` gives them."""


def open_hysteresis(
    slots: Sequence[Slot],
    settings: HysteresisSettings,
    before: Mapping[str, SlotNow],
    start: datetime | None = None,
    seen: datetime | None = None,
) -> Hysteresis:
    """The hysteresis of one camera, of the kind that its settings name.

    Args:
        slots: the camera's slots.
        settings: the camera's settings.
        before: states before a restart, by slot id; ids that are no slots are ignored.
        start: time of the start, with time zone; now where None.
        seen: until when ``before`` is known to have held; where None, its latest change.
    """
    return KINDS[settings.kind](slots, settings, before, start, seen)

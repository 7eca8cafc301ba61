"""The hysteresis that confirms a change by several readings in a row, so that flicker and passing cars do not count."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.slots.reading import SlotReading
from lotwise.cameras.slots.state import SlotChange, SlotNow
from lotwise.datasets.frame import Slot, SlotState

STARTING = "starting"
"""Why a slot is unknown that was never known since the start."""
_STARTING_CONFIRM = timedelta(seconds=0.25)
"""Time between the first and the last of the readings that give a slot its first state. Chosen far below the usual
three seconds, since at a start everybody waits and nothing that was told before is contradicted."""


@dataclass(frozen=True)
class _Run:
    """Readings in a row that say something else than what is published."""

    state: SlotState
    first: datetime
    count: int


@dataclass(frozen=True)
class _Past:
    """What an unknown slot was, until it was lost from sight."""

    slot: SlotNow
    until: datetime


class ConsecutiveReadings:
    """The published states of one camera's slots.

    A change is published once ``confirm_frames`` readings in a row, over at least ``confirm_s``, speak for it, dated
    back to the first of them. At the start a quarter of a second will do, and where frames come ``slow_s`` or more
    apart, one reading. An occupied slot reads as free only where a car is less likely than ``free_below``: a car of low
    score flickers, and so speaks for what was published.

    After a loss all is unknown, and a slot needs one reading only to be again what it was before: that reading and
    all those before the loss agree. It keeps its date too. That is so for ``bridge_s``, and after a restart as well.

    Times may be those of stored frames; only differences between them count. A time before the last one (a clock
    that was set, a folder out of order) makes durations unknown: runs begin anew, no state changes for it, and dates
    that would lie ahead move to the present.
    """

    def __init__(
        self,
        slots: Sequence[Slot],
        settings: HysteresisSettings,
        before: Mapping[str, SlotNow] = MappingProxyType({}),
        start: datetime | None = None,
        seen: datetime | None = None,
    ) -> None:
        """Slots as they were before a restart if that is recent, else unknown.

        Args:
            slots: the camera's slots.
            settings: the camera's settings.
            before: states to go on from; ids that are no slots are ignored.
            start: time zone aware; now where None.
            seen: until when ``before`` is known to have held; where None, its latest change.
        """
        self._settings = settings
        self._confirm, self._slow, self._bridge = (
            timedelta(seconds=s) for s in (settings.confirm_s, settings.slow_s, settings.bridge_s)
        )
        self._time = start or datetime.now(UTC)
        self._runs: dict[str, _Run] = {}
        self._unread = True
        self._frame: datetime | None = None
        self._gap = timedelta()
        known = {slot.id: before[slot.id] for slot in slots if slot.id in before}
        known = {name: slot for name, slot in known.items() if slot.state != "unknown"}
        until = seen or max((slot.since for slot in known.values()), default=self._time)
        starting = SlotNow("unknown", self._time, why=STARTING)
        self._now = {slot.id: starting for slot in slots}
        self._past: dict[str, _Past] = {}
        if self._time - until <= self._bridge:
            self._now |= known
        else:
            self._past = {name: _Past(slot, until) for name, slot in known.items()}

    @property
    def now(self) -> Mapping[str, SlotNow]:
        """By slot id, in the order of the slots; what was handed out never changes."""
        return MappingProxyType(self._now)

    @property
    def pending(self) -> bool:
        """A change waits for its confirmation, or nothing was read since the start or a loss."""
        return self._unread or bool(self._runs)

    @property
    def starting(self) -> bool:
        """Some slot was never known since the start."""
        return any(slot.why == STARTING for slot in self._now.values())

    def update(
        self, readings: Mapping[str, SlotReading], hidden: Collection[str], time: datetime, unread: Collection[str] = ()
    ) -> tuple[SlotChange, ...]:
        """Take the readings of one frame.

        Args:
            readings: by slot id; a slot without one keeps its state.
            hidden: ids of slots whose readings do not count.
            time: when the frame was taken, with time zone.
            unread: ids of slots that nobody has looked at: they become unknown.

        Returns:
            What changed, in the order of the slots.
        """
        self.same(time)
        self._unread = False
        now = {
            name: self._after(
                name,
                current,
                SlotNow("unknown", time, why="unread")
                if name in unread
                else self._observed(name, current, readings.get(name), name in hidden, time),
                time,
            )
            for name, current in self._now.items()
        }
        changes = tuple(
            SlotChange(name, current, now[name])
            for name, current in self._now.items()
            if current.state != now[name].state
        )
        self._now = now
        return changes

    def same(self, time: datetime) -> None:
        """A frame that was not detected because nothing in it changed: it tells how often frames come."""
        self._at(time)
        if self._frame and time >= self._frame:
            self._gap = time - self._frame
        self._frame = time

    def lose(self, why: str, time: datetime) -> tuple[SlotChange, ...]:
        """All slots are unknown at once.

        A slot that is unknown already stays so since then, with the new reason, and is no change.

        Args:
            why: a view's verdict or a source's state.
            time: when the view was lost, with time zone.
        """
        self._at(time)
        self._unread = True
        self._frame = None
        self._runs = {}
        lost = SlotNow("unknown", time, why=why)
        changes = [SlotChange(name, current, lost) for name, current in self._now.items() if current.state != "unknown"]
        self._past |= {change.slot: _Past(change.before, time) for change in changes}
        self._now = {
            name: replace(current, why=why) if current.state == "unknown" else lost
            for name, current in self._now.items()
        }
        return tuple(changes)

    def follow(self, slots: Sequence[Slot], unchanged: Collection[str], time: datetime) -> None:
        """Other slots take the place of these.

        Args:
            slots: from now on, in their order.
            unchanged: ids of slots that keep state, date and readings in a row; all others start anew.
            time: of the exchange, with time zone.
        """
        kept = self._now.keys() & unchanged
        starting = SlotNow("unknown", time, why=STARTING)
        self._now = {slot.id: self._now[slot.id] if slot.id in kept else starting for slot in slots}
        self._runs = {name: run for name, run in self._runs.items() if name in kept and name in self._now}
        self._past = {name: past for name, past in self._past.items() if name in kept and name in self._now}
        self._unread = self._unread or any(name not in kept for name in self._now)

    def _at(self, time: datetime) -> None:
        if time < self._time:
            self._runs = {}
            self._now = {name: replace(current, since=min(current.since, time)) for name, current in self._now.items()}
            self._past = {
                name: _Past(replace(past.slot, since=min(past.slot.since, time)), min(past.until, time))
                for name, past in self._past.items()
            }
        self._time = time

    def _observed(
        self, name: str, current: SlotNow, reading: SlotReading | None, hidden: bool, time: datetime
    ) -> SlotNow | None:
        """What one frame says of a slot; None for nothing."""
        if hidden:
            unknown = current.state == "unknown" or self._settings.hidden == "unknown"
            return SlotNow("unknown", time, why="hidden") if unknown else None
        if reading is None or reading.state == "unknown":
            return None
        if reading.state == "free" and 1 - reading.score >= self._settings.free_below:
            last = self._remembered(name, time) or current
            if last.state == "occupied":
                return SlotNow("occupied", time, 1 - reading.score)
        return SlotNow(reading.state, time, reading.score)

    def _after(self, name: str, current: SlotNow, observed: SlotNow | None, time: datetime) -> SlotNow:
        """The state of a slot after a frame with this reading."""
        run = self._runs.pop(name, None)
        if observed is None:
            return current
        if observed.state == current.state:
            return replace(observed, since=current.since)
        before = self._remembered(name, time)
        if before and before.state == observed.state:
            del self._past[name]
            return replace(observed, since=before.since)
        if run is None or run.state != observed.state:
            run = _Run(observed.state, time, 0)
        run = replace(run, count=run.count + 1)
        # At the start nothing that was published is contradicted, and everybody waits.
        least = min(_STARTING_CONFIRM, self._confirm) if current.why == STARTING else self._confirm
        confirmed = run.count >= self._settings.confirm_frames and time - run.first >= least
        if not confirmed and self._gap < self._slow:
            self._runs[name] = run
            return current
        self._past.pop(name, None)
        if observed.state == "unknown":
            self._past[name] = _Past(current, run.first)
        return replace(observed, since=run.first)

    def _remembered(self, name: str, time: datetime) -> SlotNow | None:
        """What an unknown slot was, if that is recent."""
        past = self._past.get(name)
        return past.slot if past and time - past.until <= self._bridge else None

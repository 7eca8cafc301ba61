"""Tells of each car that stands on a place for longer than it may, once; and what kind of place each slot is.

Only time in which the car was seen counts: neither a fault of the camera nor a node that was off makes an overstay.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Protocol

from lotwise.cameras.site.bays import Bay, bay_of_place
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.slot_storage import slot_storage
from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.file_stamp import file_stamp
from lotwise.node.bay_now import BayNow
from lotwise.node.history.site_history import slot_rows
from lotwise.node.journal.journal import Journal
from lotwise.node.periodic_thread import PeriodicThread
from lotwise.node.place import SITE, Place
from lotwise.node.places import lot_places
from lotwise.node.state import Event, NodeNow
from lotwise.node.stays.current import seen_there_s, told_at

PERIOD_S = 5.0
"""Seconds between two looks at all slots; limits are minutes at least."""
RECORDING_AFTER_S = 86400.0
"""Age of a camera's last frame from which on it plays a recording, whose time history does not join to the present."""

Key = tuple[str, str]
"""Camera and slot id; of a place that several cameras see, no camera and its name."""


class WatchedNode(Protocol):
    """A node as this sees it."""

    bays: Mapping[str, Mapping[str, BayNow]]

    def now(self) -> NodeNow:
        """How everything is."""

    def note(self, event: Event) -> None:
        """Record an event."""


class OverstayWatch:
    """Meets :class:`lotwise.node.publisher.Publisher`, as it runs beside the cameras and never makes them wait.

    Args:
        site: with absolute paths.
        node: whose ``bays`` it keeps up to date.
        journal: in which overstays that were told before a restart are found.
        steady: seconds; monotonic.
        clock: the time, in UTC.
    """

    def __init__(
        self,
        site: Site,
        node: WatchedNode,
        journal: Journal,
        steady: Callable[[], float] = time.monotonic,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._site, self._node, self._journal, self._steady, self._clock = site, node, journal, steady, clock
        self._bays: dict[Key, Bay] = {}
        self._known: tuple[object, ...] = ()
        """What the kinds of the places follow from: which places there are, and the slot files with their rows."""
        self._told: dict[Key, datetime] = {}
        self._looked_up: set[Key] = set()
        self._next: dict[Key, tuple[datetime, float]] = {}
        """When a stay, by its begin, is looked at again."""
        self._count = 0
        self._thread = PeriodicThread("overstays", self.look, PERIOD_S, PERIOD_S, failing="overstays are not told")

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def wake(self) -> None:
        """Nothing to do: limits are minutes, and all slots are looked at every few seconds."""

    def close(self) -> None:
        """End."""
        self._thread.close()

    def metrics(self) -> Mapping[str, float]:
        """Overstays told since the start."""
        return {"lotwise_told_overstays_total": float(self._count)}

    def look(self) -> None:
        """Look at all slots once.

        Raises:
            InputError: the journal cannot be read.
        """
        now = self._node.now()
        places = {_key(place): place for place in lot_places(now).values()}
        self._learn_bays(places)
        overstays: list[Event] = []
        try:
            for key, place in places.items():
                bay = self._bays[key]
                if bay.max_stay_s is not None and place.time is not None:
                    overstays += self._overstay(key, place.now, place.time, bay, bay.max_stay_s)
            self._node.bays = self._bays_of(now, places)
        finally:  # after the bays, so that whoever hears of one finds it there
            for overstay in overstays:
                self._node.note(overstay)

    def _bays_of(self, now: NodeNow, places: Mapping[Key, Place]) -> dict[str, dict[str, BayNow]]:
        found: dict[str, dict[str, BayNow]] = {name: {} for name in now.cameras}
        for key, place in places.items():
            found.setdefault(key[0], {})[key[1]] = shown = self._shown(key, place.now)
            for camera, slot in place.seen_as.items():
                found[camera][slot] = shown
        return found

    def _shown(self, key: Key, state: SlotNow) -> BayNow:
        bay = self._bays[key]
        return BayNow(bay.row, bay.kind, bay.max_stay_s, state.state == "occupied" and key in self._told)

    def _learn_bays(self, places: Mapping[Key, Place]) -> None:
        seen_as = {key: tuple(place.seen_as.items()) for key, place in places.items()}
        files = [slot_storage(self._site, name).read for name in self._site.cameras]
        known = seen_as, [(file, file_stamp(file)) for file in files]
        if known != self._known:
            rows = slot_rows(self._site)
            self._bays = {key: bay_of_place(self._site.bays, key[1], dict(of), rows) for key, of in seen_as.items()}
            self._known = known

    def _overstay(self, key: Key, state: SlotNow, time: datetime, bay: Bay, longest_s: float) -> list[Event]:
        """The event of an overstay that was not told before, if there is one."""
        if state.state == "free":
            self._told.pop(key, None)
        if state.state != "occupied":
            return []
        if key not in self._looked_up:
            self._looked_up.add(key)
            if (before := told_at(self._journal.path, *key)) is not None:
                self._told[key] = before
        if key in self._told and state.since > self._told[key]:
            del self._told[key]  # another car, that came unseen
        begin, due = self._next.get(key, (state.since, 0.0))
        if key in self._told or (begin == state.since and self._steady() < due):
            return []
        seen_s = self._seen_s(key, state, time)
        if seen_s < longest_s:
            # It cannot have been seen there for long enough before that, whatever the clock is set to.
            self._next[key] = state.since, self._steady() + longest_s - seen_s
            return []
        at = time if self._is_recording(time) else self._clock()
        self._told[key] = at
        self._next.pop(key, None)
        self._count += 1
        details: dict[str, object] = {
            "since": state.since.isoformat(),
            "occupied_s": round(seen_s),
            "max_stay_s": longest_s,
            "kind": bay.kind,
            "row": bay.row,
        }
        return [Event(at, "stay", *key, "occupied", "overstay", details)]

    def _seen_s(self, key: Key, state: SlotNow, time: datetime) -> float:
        if self._is_recording(time):
            return (time - state.since).total_seconds()
        of_site = self._site.hysteresis if key[0] == SITE else self._site.settings_of(key[0]).hysteresis
        return seen_there_s(self._journal.path, *key, state.since, time, of_site.bridge_s)

    def _is_recording(self, time: datetime) -> bool:
        return abs((self._clock() - time).total_seconds()) > RECORDING_AFTER_S


def _key(place: Place) -> Key:
    """Under which events tell of a place."""
    return (SITE, place.name) if place.shared else next(iter(place.seen_as.items()))

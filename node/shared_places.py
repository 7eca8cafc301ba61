"""The places that several cameras of a site see: one state of each, while the cameras run; and how well they agree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType

from lotwise.cameras.site.shared_slots import SharedSlots
from lotwise.cameras.slots.shared.agreement import COUNT_EVERY_S, Agreement
from lotwise.cameras.slots.shared.cause import likely_cause
from lotwise.cameras.slots.shared.place_state import SETTLE, PlaceState, heard, next_state, set_back
from lotwise.cameras.slots.shared.sighting import Sighting
from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.frame import SlotState
from lotwise.node.place import SITE, Disagreement, Place
from lotwise.node.places import is_live
from lotwise.node.state import AgreementNow, CameraNow, Event

TELL_AFTER = timedelta(minutes=10)
"""Time for which cameras must contradict each other on a place before a person is told. Chosen: nobody can look sooner,
and what ends by itself until then was one camera being late."""
MAX_SKEW = timedelta(seconds=10)
"""Frames of cameras that are looked at side by side come out of order by less; more is a clock that was set back."""
GUESS_EVERY = timedelta(minutes=1)
"""Time after which the cause of a disagreement that lasts is guessed anew."""
_COUNT_EVERY = timedelta(seconds=COUNT_EVERY_S)


class SharedPlaces:
    """What the cameras of a site say together. Used by one thread at a time; :attr:`now` is read by any.

    Args:
        rule: which slots are which places.
        bridge: as the setting ``hysteresis.bridge_s``.
        before: the places before a restart, by name.
        start: time zone aware; now where None.
        held_until: until when ``before`` is known to have held; its latest change where None.
        agreement: what was compared before a restart.
        told: disagreements that were told and not over before a restart: when they began, by place.
        zone: in which hours of the day are told; None for the machine's.
    """

    def __init__(
        self,
        rule: SharedSlots,
        bridge: timedelta = timedelta(minutes=15),
        before: Mapping[str, SlotNow] = MappingProxyType({}),
        start: datetime | None = None,
        held_until: datetime | None = None,
        agreement: Agreement | None = None,
        told: Mapping[str, datetime] = MappingProxyType({}),
        zone: tzinfo | None = None,
    ) -> None:
        self._rule, self._bridge, self._zone = rule, bridge, zone
        self._time = self._began = start or datetime.now(UTC)
        self._fresh = True
        self.agreement = agreement or Agreement()
        self._told = dict(told)
        self._disagreements: dict[str, Disagreement] = {}
        self._guessed: datetime | None = None
        known = {name: state for name, state in before.items() if state.state != "unknown"}
        until = held_until or max((state.since for state in known.values()), default=self._time)
        carried = self._time - until <= bridge
        self._before = {
            name: PlaceState(state)
            if carried
            else PlaceState(SlotNow("unknown", self._time, why="starting"), state, until)
            for name, state in known.items()
        }
        self._states: dict[str, PlaceState] = {}
        self._cameras: dict[str, CameraNow] = {}
        self._slots: dict[str, tuple[str, ...]] = {}
        self._seen_as: dict[str, dict[str, str]] = {}
        self._counted: dict[str, datetime] = {}
        self._hour: tuple[int, int] | None = None
        self._hour_counts: dict[str, tuple[int, int]] = {}
        self.now: Mapping[str, Place] = {}
        """Each place by its name; replaced whole."""

    def __bool__(self) -> bool:
        return bool(self._rule)

    def add(self, camera: CameraNow) -> None:
        """A camera that will be looked at."""
        self._cameras[camera.camera] = camera
        self._follow_slots(camera)

    def take(self, camera: CameraNow, events: Sequence[Event]) -> tuple[Event, ...]:
        """Take a look at a camera.

        Args:
            camera: after the look.
            events: of it.

        Returns:
            These events, those of the camera's shared slots as sightings, and what happened to the site's places.
        """
        time = max((event.time for event in events), default=camera.time)
        if time is None:
            return tuple(events)
        self._cameras[camera.camera] = camera
        others = self._follow_slots(camera)
        time = self._at(time)
        told = [self._as_sighting(event) for event in events]
        names = list(self._seen_as) if others else self._places_of(camera)
        for name in names:
            told += self._look_at(name, time)
        told += self._hourly(time)
        self._guess_causes(time)
        self._show(names)
        return tuple(told)

    def states(self) -> dict[str, SlotNow]:
        """What is told of each place, by name."""
        return {name: state.now for name, state in self._states.items()}

    def clock_was_set(self, to: datetime) -> None:
        """The machine's clock shows another time."""
        if to < self._time:
            self._set_back(to)

    def agreements(self) -> dict[str, AgreementNow]:
        """How each camera agrees with the others, of those that were compared with any."""
        found = {}
        for camera in self._cameras:
            if (rate := self.agreement.of_camera(camera)).compared:
                compared, differed = self.agreement.since_start.get(camera, (0, 0))
                found[camera] = AgreementNow(rate, int(compared), int(differed))
        return found

    def told(self) -> dict[str, datetime]:
        """Disagreements that were told and are not over: when they began, by place."""
        return dict(self._told)

    def _places_of(self, camera: CameraNow) -> list[str]:
        names = (self._rule.place_of(camera.camera, slot) for slot in camera.slots)
        return list(dict.fromkeys(name for name in names if name is not None))

    def _follow_slots(self, camera: CameraNow) -> bool:
        """Take over which places a camera sees, and say whether they are others: slots are drawn while a node runs."""
        slots = tuple(camera.slots)
        if self._slots.get(camera.camera) == slots:
            return False
        self._slots[camera.camera] = slots
        self._seen_as = {}
        for name in self._cameras:
            for slot in self._slots[name]:
                if (place := self._rule.place_of(name, slot)) is not None:
                    self._seen_as.setdefault(place, {})[name] = slot
        starting = PlaceState(SlotNow("unknown", self._time, why="starting"))
        known = self._before | self._states
        self._states = {name: known.get(name, starting) for name in self._seen_as}
        if not self._fresh:
            self._told = {name: since for name, since in self._told.items() if name in self._seen_as}
        self.now = {}
        self._show(self._seen_as)
        return True

    def _at(self, time: datetime) -> datetime:
        if self._fresh or time > self._time:
            self._fresh, self._time = False, time
        elif time < self._time - MAX_SKEW:
            self._set_back(time)
        return self._time

    def _set_back(self, to: datetime) -> None:
        self._time = to
        # What the other cameras said last has dates of the clock before; they say it anew with their next frame.
        self._cameras = {name: _at_most(camera, to) for name, camera in self._cameras.items()}
        self._states = {name: set_back(state, to) for name, state in self._states.items()}
        self._counted = {name: min(moment, to) for name, moment in self._counted.items()}
        self._told = {name: min(moment, to) for name, moment in self._told.items()}

    def _sightings(self, name: str) -> list[Sighting]:
        found = []
        for camera, slot in self._seen_as[name].items():
            of = self._cameras[camera]
            now = of.slots[slot]
            error = self.agreement.error(camera, name, now.state)
            # A camera that has not shown a frame yet takes nothing back of what another saw last.
            live = is_live(of) and of.time is not None
            found.append(Sighting(camera, now, of.time, live, slot in of.hidden, error))
        return found

    def _look_at(self, name: str, time: datetime) -> list[Event]:
        sightings = self._sightings(name)
        before = self._states[name]
        after = self._states[name] = next_state(before, sightings, time, self._bridge)
        told = []
        if before.now.state != after.now.state:
            now = after.now
            details: dict[str, object] = {
                "since": now.since.isoformat(), "score": round(now.score, 4), "why": now.why,
                "cameras": {one.camera: one.now.state for one in sightings},
            }  # fmt: skip
            told.append(Event(time, "slot", SITE, name, before.now.state, now.state, details))
        if len(sightings) > 1:
            said = _said(sightings)
            self._compare(name, said, after, time)
            told += self._tell_disagreement(name, said, after, time)
        return told

    def _compare(self, name: str, said: Mapping[str, SlotState], place: PlaceState, time: datetime) -> None:
        """Count what cameras say of a place, once in a while; not while one of them may only be late."""
        late = place.contradicted is not None and time - place.contradicted < SETTLE
        if len(said) < 2 or late or time - self._counted.get(name, self._began - _COUNT_EVERY) < _COUNT_EVERY:
            return
        self._counted[name] = time
        self.agreement.count(name, said, place.now.state, time.astimezone(self._zone))

    def _tell_disagreement(
        self, name: str, said: Mapping[str, SlotState], place: PlaceState, time: datetime
    ) -> list[Event]:
        began = place.contradicted
        if name not in self._told:
            if began is None or time - began < TELL_AFTER:
                return []
            self._told[name] = began
            cause = likely_cause(name, self._said_of_all(), self.agreement, time.astimezone(self._zone).hour)
            self._disagreements[name] = Disagreement(began, said, cause.words, cause.kind)
            about: dict[str, object] = {
                "since": began.isoformat(), "cameras": dict(said), "kind": cause.kind, "why": cause.words
            }  # fmt: skip
            return [Event(time, "disagreement", SITE, name, "", "lasting", about)]
        # One of them that knows nothing at the moment ends no disagreement: only that they say the same does.
        if len(said) < 2 or began is not None:
            return []
        since = self._told.pop(name)
        self._disagreements.pop(name, None)
        return [Event(time, "disagreement", SITE, name, "lasting", "over", {"since": since.isoformat()})]

    def _said_of_all(self) -> dict[str, dict[str, SlotState]]:
        """What cameras say now of each place that two or more know."""
        said = {name: _said(self._sightings(name)) for name, seen in self._seen_as.items() if len(seen) > 1}
        return {name: of for name, of in said.items() if len(of) > 1}

    def _guess_causes(self, time: datetime) -> None:
        """Guess anew why cameras contradict each other where they do for long."""
        if not self._told or (self._guessed is not None and timedelta() <= time - self._guessed < GUESS_EVERY):
            return
        self._guessed = time
        said = self._said_of_all()
        for name, since in self._told.items():
            if name in said:
                cause = likely_cause(name, said, self.agreement, time.astimezone(self._zone).hour)
                self._disagreements[name] = Disagreement(since, said[name], cause.words, cause.kind)

    def _hourly(self, time: datetime) -> list[Event]:
        """How often each camera was compared and differed in the hour that is over, for whoever judges cameras."""
        local = time.astimezone(self._zone)
        hour = local.toordinal(), local.hour
        if hour == self._hour:
            return []
        told = []
        for camera, counts in self.agreement.since_start.items():
            compared, differed = (int(count) for count in counts)
            before = self._hour_counts.get(camera, (0, 0))
            if self._hour is not None and compared > before[0]:
                details = {"compared": compared - before[0], "differed": differed - before[1]}
                told.append(Event(time, "agreement", camera, "", "", "", details))
            self._hour_counts[camera] = compared, differed
        self._hour = hour
        return told

    def _as_sighting(self, event: Event) -> Event:
        if event.subject != "slot" or (place := self._rule.place_of(event.camera, event.name)) is None:
            return event
        return replace(event, subject="sighting", details={**event.details, "place": place})

    def _show(self, names: Iterable[str]) -> None:
        shown = {}
        for name in names:
            seen_as = self._seen_as[name]
            times = [time for camera in seen_as if (time := self._cameras[camera].time) is not None]
            time = max(times, default=None)
            told = self._disagreements.get(name)
            shown[name] = Place(name, seen_as, self._states[name].now, time, shared=True, disagreement=told)
        self.now = {**self.now, **shown}


def _at_most(camera: CameraNow, time: datetime) -> CameraNow:
    slots = {slot: replace(now, since=min(now.since, time)) for slot, now in camera.slots.items()}
    return replace(camera, time=None if camera.time is None else min(camera.time, time), slots=slots)


def _said(sightings: Sequence[Sighting]) -> dict[str, SlotState]:
    """What cameras say of a place that see it at this moment, none of them hidden."""
    return {one.camera: one.now.state for one in heard(sightings) if one.live and not one.hidden}

"""The state of a place that several cameras see: what they say together, held steady where they contradict each other.

Each camera's own hysteresis has confirmed what it says, so that nothing is confirmed a second time. Only where cameras
contradict each other the place waits, as their balance may go to and fro.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lotwise.cameras.slots.shared.sighting import Sighting, balance
from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.frame import SlotState

DISPUTED = "disputed"
"""Why a place is unknown whose cameras contradict each other, none surer than the other."""
MARGIN = 0.7
"""Log odds from which on the cameras' balance decides: two to one."""
SETTLE = timedelta(seconds=10)
"""Time for which a balance must stay on the other side before a place follows it against one of its cameras. Chosen
longer than a camera takes to confirm a change, after which most contradictions are over."""
UNDECIDED = timedelta(seconds=60)
"""Time for which a place keeps its state while its cameras contradict each other and none is surer; then it is unknown.
Chosen: a car that two cameras see differently for a minute is no matter of one camera being late."""


@dataclass(frozen=True)
class PlaceState:
    """A place that several cameras see, between two frames.

    Attributes:
        now: what is told of it.
        past, past_until: what it was while it was known last, and until when that held.
        against: since when the balance is on the other side, or undecided; None where it is not.
        contradicted: since when cameras contradict each other; None where they do not.
    """

    now: SlotNow
    past: SlotNow | None = None
    past_until: datetime | None = None
    against: datetime | None = None
    contradicted: datetime | None = None


def heard(sightings: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """Those sightings that count: they know the place, at this moment, and looked since it was last seen to change.

    Where no camera is live, what the others saw last is all there is.
    """
    know = [one for one in sightings if one.live and one.knows]
    if not know and not any(one.live for one in sightings):
        know = [one for one in sightings if one.knows]
    if not know:
        return ()
    newest = max(know, key=lambda one: one.now.since)
    return tuple(one for one in know if one is newest or not one.is_before(newest))


def contradict(sightings: Sequence[Sighting]) -> bool:
    """Whether cameras that see a place, none of them hidden, say different things of it."""
    return len({one.now.state for one in sightings if not one.hidden}) > 1


def next_state(place: PlaceState, sightings: Sequence[Sighting], time: datetime, bridge: timedelta) -> PlaceState:
    """A place after one of its cameras was looked at.

    Args:
        place: before.
        sightings: of all its cameras, one or more.
        time: of this look, with time zone; never before that of the look before.
        bridge: as the setting ``hysteresis.bridge_s``: a place that is again as it was before it was lost from sight
            keeps its date for so long.
    """
    known = heard(sightings)
    if not known:
        return _lost(place, sightings, time)
    agreed = len({one.now.state for one in known}) == 1
    decided = known[0].now.state if agreed else _decided(known)
    differ = contradict(known)
    contradicted = (place.contradicted or time) if differ else None
    place = replace(place, contradicted=contradicted)
    if decided == place.now.state:
        return replace(place, now=replace(place.now, score=_score(known, decided)), against=None)
    if place.now.state == "unknown":
        return _found(place, known, decided, time, bridge)
    against = place.against or time
    seen_to_change = agreed and any(one.now.since > place.now.since for one in known)
    wait = UNDECIDED if decided is None else timedelta() if seen_to_change else SETTLE
    if time - against < wait:
        return replace(place, against=against)
    if decided is None:
        return replace(
            place, now=SlotNow("unknown", time, why=DISPUTED), past=place.now, past_until=time, against=None
        )  # fmt: skip
    # A camera's date counts where it saw the change; one that says something else all along tells no date.
    dates = [one.now.since for one in known if one.now.state == decided and one.now.since > place.now.since]
    now = SlotNow(decided, min(dates, default=time), _score(known, decided))
    return replace(place, now=now, past=None, past_until=None, against=None)


def set_back(place: PlaceState, time: datetime) -> PlaceState:
    """A place after the clock was set back to a time: no date of it lies ahead."""

    def at_most(moment: datetime | None) -> datetime | None:
        return None if moment is None else min(moment, time)

    return PlaceState(
        replace(place.now, since=min(place.now.since, time)),
        None if place.past is None else replace(place.past, since=min(place.past.since, time)),
        at_most(place.past_until), at_most(place.against), at_most(place.contradicted),
    )  # fmt: skip


def _decided(known: Sequence[Sighting]) -> SlotState | None:
    sum_of_all = balance(known)
    if abs(sum_of_all) < MARGIN:
        return None
    return "occupied" if sum_of_all > 0 else "free"


def _lost(place: PlaceState, sightings: Sequence[Sighting], time: datetime) -> PlaceState:
    """No camera knows the place: unknown at once, for the reason of a camera that is live before that of another."""
    why = max(sightings, key=lambda one: one.live).now.why if sightings else "starting"
    if place.now.state == "unknown":
        return replace(place, now=replace(place.now, why=why), against=None, contradicted=None)
    return PlaceState(SlotNow("unknown", time, why=why), past=place.now, past_until=time)


def _found(
    place: PlaceState, known: Sequence[Sighting], decided: SlotState | None, time: datetime, bridge: timedelta
) -> PlaceState:
    """A place that was unknown, and of which cameras know something."""
    if decided is None:
        return replace(place, now=replace(place.now, why=DISPUTED))
    past, until = place.past, place.past_until
    if past is not None and until is not None and past.state == decided and time - until <= bridge:
        since = past.since
    else:
        # Before it was lost the place may have been something else; a date from then tells nothing.
        dates = [one.now.since for one in known if one.now.state == decided]
        since = min((date for date in dates if past is None or date >= (until or date)), default=time)
    return replace(place, now=SlotNow(decided, since, _score(known, decided)), past=None, past_until=None, against=None)


def _score(known: Sequence[Sighting], state: SlotState | None) -> float:
    """Of the surest camera that says so."""
    return max((one.now.score for one in known if one.now.state == state), default=0.0)

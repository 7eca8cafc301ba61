"""Who reads the next frame of a camera: its neighbour or its own student. Pure functions of what was measured.

The neighbour reads as long as nearly all its answers come within the time in which they are of use
(:func:`limit_s`). It is let go at once where it is away, after two late answers in a row, and where a quarter of them
is late; it is taken again after three answers in a row that would have come well within that time. Until then some
frames are sent to it on trial, beside the camera, and ever fewer of them. Those two bounds and the pauses keep it from
going back and forth.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lotwise.node.offload_now import Reader
from lotwise.node.offloading.times import Times

MAX_WAIT_S = 3.0
"""Seconds for which an answer is waited for at most, however seldom frames come: a slot's change is told within
seconds."""
LOCAL_FRAMES = 3
"""Frames that are read here first: without a time to compare with nothing can be said of the other. The first one is
slow."""
TRIALS = 3
"""Answers in a row that must come in time before the neighbour reads."""
ENTER_SHARE = 0.8
"""Share of the limit within which these must come. The distance to 1 is what keeps it from going back and forth."""
LATE_IN_A_ROW = 2
LATE_SHARE, LATE_SHARE_OF = 0.25, 8
"""The neighbour is let go where more than this share of its answers is late, among this many at least."""
AWAY_PAUSE_S, SLOW_PAUSE_S = (2.0, 60.0), (10.0, 600.0)
"""First and longest pause before it is asked again, where it did not answer or was too slow. A question to one that is
away costs nothing; one to a slow one costs its bytes."""
STEADY_S = 120.0
"""Seconds for which it must have read before the pauses begin with the shortest one again."""
LOCAL_EVERY_S, LOCAL_EVERY_FRAMES = 300.0, 50
"""Seconds, and periods of the camera, after which a frame is read here all the same, so that the time that it takes
here stays known."""


@dataclass(frozen=True)
class State:
    """All that is known of one camera's two readers. Moments are seconds of one monotonic clock.

    Attributes:
        reader: who reads.
        local, neighbour: times that a frame took lately, with all waiting for a turn.
        trials: answers in a row that came in time while the own student read.
        late: answers in a row that came too late while the neighbour read.
        failure: why the neighbour did not answer at all the last time; empty where it did.
        since: when the reader changed.
        asked_again: when the neighbour may be asked again.
        pauses: pauses without a steady time between them, by which the next one is the longer.
        read_here: when the own student last read.
    """

    reader: Reader = "local"
    local: Times = field(default_factory=Times)
    neighbour: Times = field(default_factory=Times)
    trials: int = 0
    late: int = 0
    failure: str = ""
    since: float = 0.0
    asked_again: float = 0.0
    pauses: int = 0
    read_here: float = 0.0

    @property
    def local_s(self) -> float | None:
        """Seconds that a frame takes here; None before enough were read."""
        return self.local.quantile(0.5) if len(self.local) >= LOCAL_FRAMES else None

    @property
    def neighbour_s(self) -> float | None:
        """Seconds within which nine of ten answers come; None before the first."""
        return self.neighbour.quantile(0.9)


@dataclass(frozen=True)
class Choice:
    """What is done with a frame.

    Attributes:
        reader: who reads it.
        trial: it also goes to the neighbour, whose answer only tells how long it takes.
    """

    reader: Reader
    trial: bool = False


def limit_s(state: State, period_s: float) -> float | None:
    """Seconds within which an answer is of use; None before that can be said.

    It must leave time enough to read the frame here within the camera's period where none comes. Where a period is too
    short for that, or frames are taken as fast as it goes, it must come no later than this machine would be ready.

    Args:
        state: what is known.
        period_s: seconds between two frames of the camera; 0 for as many as can be read.
    """
    here = state.local_s
    return None if here is None else min(max(period_s - here, here), MAX_WAIT_S)


def choose(state: State, now: float, period_s: float) -> Choice:
    """Who reads the frame of this moment."""
    if limit_s(state, period_s) is None:
        return Choice("local")
    if state.reader == "neighbour":
        due = now - state.read_here >= max(LOCAL_EVERY_S, LOCAL_EVERY_FRAMES * period_s)
        return Choice("local" if due else "neighbour")
    return Choice("local", trial=now >= state.asked_again)


def read_here(state: State, now: float, seconds: float) -> State:
    """After a frame was read by the own student."""
    return replace(state, local=state.local.add(seconds), read_here=now)


def answered(state: State, now: float, seconds: float, period_s: float, trial: bool = False) -> State:
    """After an answer came, in time or late.

    Args:
        state: what was known.
        now: this moment.
        seconds: that it took.
        period_s: seconds between two frames of the camera.
        trial: no frame has waited for it.
    """
    state = replace(state, neighbour=state.neighbour.add(seconds), failure="")
    limit = limit_s(state, period_s)
    if state.reader == "neighbour":
        if limit is None or seconds <= limit:
            steady = now - state.since >= STEADY_S
            return replace(state, late=0, pauses=0 if steady else state.pauses)
        within = state.neighbour.quantile(1 - LATE_SHARE)
        crowded = len(state.neighbour) >= LATE_SHARE_OF and within is not None and within > limit
        return _let_go(state, now, SLOW_PAUSE_S) if crowded else state
    if not trial:
        return state  # it came after the neighbour was let go, which it cannot mend
    if limit is None or seconds > ENTER_SHARE * limit:
        return _pause(replace(state, trials=0), now, SLOW_PAUSE_S)
    if state.trials + 1 < TRIALS:
        return replace(state, trials=state.trials + 1, asked_again=now)
    # Of the times before, which were those of another hour, nothing is held against it.
    lately = Times(state.neighbour.seconds[-TRIALS:])
    return replace(state, reader="neighbour", neighbour=lately, trials=0, late=0, since=now, read_here=now)


def late(state: State, now: float, why: str = "") -> State:
    """After a frame was given up that waited for an answer, which may come yet, or was refused by a busy neighbour.

    Args:
        state: what was known.
        now: this moment.
        why: of a refusal, in one line.
    """
    state = replace(state, failure=why)
    if state.reader != "neighbour":
        return _pause(replace(state, trials=0), now, SLOW_PAUSE_S)
    state = replace(state, late=state.late + 1)
    return _let_go(state, now, SLOW_PAUSE_S) if state.late >= LATE_IN_A_ROW else state


def failed(state: State, now: float, why: str, retry_s: float = 0.0) -> State:
    """After the neighbour could not be asked, or gave something else than an answer.

    Args:
        state: what was known.
        now: this moment.
        why: in one line.
        retry_s: seconds that it asks for before the next question.
    """
    state = replace(state, failure=why)
    state = _let_go(state, now, AWAY_PAUSE_S) if state.reader == "neighbour" else _pause(state, now, AWAY_PAUSE_S)
    return replace(state, trials=0, asked_again=max(state.asked_again, now + retry_s))


def stance(state: State, period_s: float) -> str:
    """Why the neighbour does not read, as a word that changes only with the cause: ``away``, ``slow``, or nothing."""
    if state.reader == "neighbour":
        return ""
    if state.failure:
        return "away"
    limit, there = limit_s(state, period_s), state.neighbour_s
    return "slow" if limit is not None and there is not None and there > ENTER_SHARE * limit else ""


def describe(state: State, now: float, period_s: float) -> str:
    """What is done and why, in one line."""
    limit, here, there = limit_s(state, period_s), state.local_s, state.neighbour_s
    if limit is None or here is None:
        return "reads here, to know how long that takes"
    own = f"it would take {_words(here)} here" if state.reader == "neighbour" else f"it takes {_words(here)} here"
    if state.reader == "neighbour" and there is not None:
        return f"the neighbour reads: it answers within {_words(there)} of the {_words(limit)} it has, {own}"
    again = f"asked again after {max(0.0, state.asked_again - now):.0f} s"
    if state.failure:
        return f"reads here, as the neighbour does not answer ({state.failure}); {again}"
    if there is None:
        return f"reads here until the neighbour has answered; {own}"
    if there > ENTER_SHARE * limit:
        return f"reads here, as the neighbour takes {_words(there)}, {_words(limit)} would be of use; {own}; {again}"
    return f"reads here until the neighbour has answered in time {TRIALS} times; {own}; {again}"


def _let_go(state: State, now: float, pause: tuple[float, float]) -> State:
    pauses = 0 if now - state.since >= STEADY_S else state.pauses
    state = replace(state, reader="local", since=now, trials=0, late=0, pauses=pauses)
    return _pause(state, now, pause)


def _pause(state: State, now: float, pause: tuple[float, float]) -> State:
    first, longest = pause
    seconds = min(first * 2.0 ** min(state.pauses, 30), longest)
    return replace(state, asked_again=now + seconds, pauses=state.pauses + 1)


def _words(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"

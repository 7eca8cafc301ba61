"""Train and test frames of one camera such that no day stands on both sides, where its days allow it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame

DEFAULT_HOLDOUT = 0.25
"""Share of a camera's frames that is measured on unless another is asked for: a day in four. Chosen, not
measured."""


@dataclass(frozen=True)
class Split:
    """Frames to train on and frames to measure on.

    Attributes:
        train: in order of time.
        test: in order of time.
        day_disjoint: whether every day stands on one side only.
        note: how the frames were divided and what that means for the figures, for the user.
    """

    train: tuple[Frame, ...]
    test: tuple[Frame, ...]
    day_disjoint: bool
    note: str


def split_by_day(
    frames: Sequence[Frame], holdout: float = DEFAULT_HOLDOUT, test_days: Collection[date] | None = None
) -> Split:
    """Divide the frames of one camera by whole days.

    Tested are those days whose frames together come closest to ``holdout`` of all without exceeding half;
    among equals the later days. Where all frames are of one day (or carry no date), frames spread evenly over
    the day are held out, and the note says what that is worth.

    Args:
        frames: of one camera.
        holdout: wanted share of test frames, 0..1; 0 trains and measures on all frames.
        test_days: days that are tested whatever their share; the camera's own choice where None, and where they
            hold all of its frames or none.

    Raises:
        InputError: no frames, or a holdout outside 0..1.
        ValueError: frames of several cameras.
    """
    if not 0 <= holdout < 1:
        raise InputError(f"holdout {holdout}: give the share of frames to measure on, from 0 to 0.5")
    if not frames:
        raise InputError("no frames to divide into train and test")
    if len({frame.camera for frame in frames}) > 1:
        raise ValueError("frames of several cameras; split each camera on its own")
    ordered = tuple(sorted(frames, key=lambda frame: (frame.taken or datetime.max, frame.name)))
    if len(ordered) == 1:
        return Split(ordered, ordered, False, "one frame only: measured on the frame it was trained on")
    if holdout == 0:
        return Split(ordered, ordered, False, "nothing held out: measured on the frames it was trained on")
    per_day = Counter(frame.taken.date() for frame in ordered if frame.taken)
    if len(per_day) < 2:
        return _interleaved(ordered, holdout)
    days = set(per_day) & set(test_days or ())
    own = not days or days == set(per_day)
    if own:
        days = _test_days(per_day, holdout * len(ordered), len(ordered) // 2)
    # A frame without a date may be of any day, so it is never measured on.
    held = [frame.taken is not None and frame.taken.date() in days for frame in ordered]
    train = tuple(frame for frame, out in zip(ordered, held, strict=True) if not out)
    test = tuple(frame for frame, out in zip(ordered, held, strict=True) if out)
    undated = len(ordered) - per_day.total()
    named = ", ".join(str(day) for day in sorted(days))
    note = f"test: {len(test)} of {len(ordered)} frames, all those of {named}"
    if own and test_days is not None:
        note += "; the days that other cameras are tested on do not divide these frames"
    if undated:
        note += f"; {undated} training frames carry no date and may share a test day, which would flatter"
    return Split(train, test, not undated, note)


def common_test_days(frames: Sequence[Frame], holdout: float = DEFAULT_HOLDOUT) -> tuple[date, ...]:
    """Days on which all cameras can be tested, so that no day is learned from on one and tested on another.

    Args:
        frames: of all cameras; those of cameras that have frames of one day only have no say.
        holdout: wanted share of test frames, above 0 and below 1.

    Returns:
        In order; empty where no camera has frames of two days.
    """
    days_of: dict[str, Counter[date]] = {}
    for frame in frames:
        if frame.taken is not None:
            days_of.setdefault(frame.camera, Counter())[frame.taken.date()] += 1
    per_day: Counter[date] = Counter()
    for days in days_of.values():
        if len(days) > 1:
            per_day += days
    if len(per_day) < 2:
        return ()
    count = per_day.total()
    return tuple(sorted(_test_days(per_day, holdout * count, count // 2)))


def _test_days(per_day: Counter[date], wanted: float, most: int) -> set[date]:
    """Days whose frames add up closest to ``wanted`` and at most to ``most``; on ties the later days."""
    days = sorted(per_day)
    # For each reachable number of frames the set of days that reaches it, as a bit mask. Later days are
    # higher bits, so that of two sets the greater number is the one with the later days.
    reachable = {0: 0}
    for position, day in enumerate(days):
        for total, chosen in list(reachable.items()):
            bigger = total + per_day[day]
            if bigger <= most:
                reachable[bigger] = max(reachable.get(bigger, 0), chosen | 1 << position)
    del reachable[0]
    best = min(reachable, key=lambda total: (abs(total - wanted), -reachable[total]))
    return {day for position, day in enumerate(days) if reachable[best] >> position & 1}


def _interleaved(ordered: tuple[Frame, ...], holdout: float) -> Split:
    """Hold out frames at even distances.

    Neighbouring frames show the same parked cars, so every choice flatters; a block at the end of the day
    would besides measure dusk after training on daylight alone. First and last frame stay in training:
    they hold the extremes of the light.
    """
    count = len(ordered)
    if count == 2:
        held = {1}
    else:
        inner = count - 2
        number = max(1, min(round(holdout * count), count // 2))
        held = {1 + int((k + 0.5) * inner / number) for k in range(number)}
    train = tuple(frame for position, frame in enumerate(ordered) if position not in held)
    test = tuple(ordered[position] for position in sorted(held))
    why = "all frames are of one day" if ordered[0].taken else "the frames carry no date"
    note = (
        f"test: {len(test)} of {count} frames, spread evenly; {why}, "
        "so frames of one day stand on both sides and the figures flatter"
    )
    return Split(train, test, False, note)

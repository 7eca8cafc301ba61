"""Which of the students that were tried a camera gets, and why: by what they lose, or by what the machine can do."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lotwise.students.right_size.rung import FULL, Rung
from lotwise.students.right_size.search import Tried, holds

DETECTION_SHARE = 0.8
"""Share of a machine's time that its detectors may take. The rest of a node's work on a frame, view health, slots and
journal, took 15 to 20 percent (docs/node-speed.md)."""


@dataclass(frozen=True)
class Choice:
    """What a camera gets.

    Attributes:
        taken: name of the rung, or ``FULL``.
        why: the reason, for people.
        reasons: why each of the others was not taken, by its name.
    """

    taken: str
    why: str
    reasons: Mapping[str, str]


def by_losses(tried: Sequence[Tried], allowed: float, ms: Mapping[str, float]) -> Choice:
    """The cheapest student that loses no more than is allowed.

    Args:
        tried: all that were trained.
        allowed: largest loss against the full-size student.
        ms: time a frame of each, and of ``FULL``; told, but no reason, as it is another at each measurement.
    """
    taken = min((one for one in tried if holds(one, allowed)), key=lambda one: one.rung.cost, default=None)
    reasons = {}
    for one in tried:
        name = one.rung.name
        if taken is not None and name == taken.rung.name:
            reasons[name] = "taken: the cheapest one that holds"
        elif not holds(one, allowed):
            reasons[name] = f"it loses {one.losses.worst:.3f} ({one.losses.most}), {allowed:g} is allowed"
            reasons[name] += f"; given up: {one.stopped}" if one.stopped else ""
        elif taken is not None:
            reasons[name] = f"it holds, but {taken.rung.name} costs less"
    if taken is None:
        return Choice(FULL, f"no smaller student loses as little as {allowed:g}", reasons)
    name = taken.rung.name
    return Choice(
        name,
        f"{name} takes {ms[name]:.0f} ms a frame instead of {ms[FULL]:.0f} and loses "
        f"{max(0.0, taken.losses.worst):.3f}, {allowed:g} is allowed",
        reasons,
    )


def fitting(rungs: Sequence[Rung], ms: Mapping[str, float], fps: float, cameras: int, cores: int) -> tuple[str, str]:
    """Name of the costliest student with which a machine keeps up, else of the cheapest one; and why, for people.

    Args:
        rungs: the costliest first.
        ms: time a frame of each, and of ``FULL``, on one core.
        fps: frames a second of each camera.
        cameras: that share the machine.
        cores: of the machine.

    >>> ms = {FULL: 40.0, "320": 10.0}
    >>> fitting([Rung(320, (320, 256))], ms, fps=5, cameras=9, cores=2)[0]
    '320'
    >>> fitting([Rung(320, (320, 256))], ms, fps=1, cameras=9, cores=2)[0]
    'full'
    """
    limit = 1000 * cores * DETECTION_SHARE / (fps * cameras)
    names = [FULL, *(rung.name for rung in rungs)]
    asked = f"{cameras} camera{'s' if cameras > 1 else ''} at {fps:g} frames a second on {cores} cores"
    found = next((name for name in names if ms[name] <= limit), None)
    if found is not None:
        return found, f"{asked} leave {limit:.1f} ms a frame, and {found} takes {ms[found]:.1f}"
    least = min(names, key=lambda name: ms[name])
    reached = math.floor(10 * 1000 * cores * DETECTION_SHARE / (ms[least] * cameras)) / 10
    return least, (
        f"{asked} leave {limit:.1f} ms a frame, and even {least} takes {ms[least]:.1f}: it makes {reached:g} frames a "
        "second of each camera"
    )

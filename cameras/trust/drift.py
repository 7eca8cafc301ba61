"""Since when a camera has drifted, and in what, told from its samples of many days."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from lotwise.cameras.trust.change_points import change_point
from lotwise.cameras.trust.reference import TrustReference
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.signals.frame_signals import SIGNALS

CHANCE = 0.001
"""Probability, over all signals together, under which a change is no chance."""
LEAST = 8
"""Samples on either side of a change: a few hours at the usual pace."""
LEAST_DEVIATION = 1.0
"""Change of a signal's median, in units of its usual spread, that is worth telling."""


@dataclass(frozen=True)
class Drift:
    """One signal that has changed.

    Attributes:
        signal: its name.
        since: the first sample after the change.
        words: what has changed.
        change: of its median, in units of its usual spread; above 0 for the worse.
    """

    signal: str
    since: datetime
    words: str
    change: float


def drifts(samples: Sequence[Sample], reference: TrustReference) -> list[Drift]:
    """What has changed for the worse and since when, the largest change first.

    Args:
        samples: of one bundle on one camera, in order of time.
        reference: of the bundle.
    """
    seen = [sample for sample in samples if sample.view == "good" and sample.signals]
    rows = np.array([reference.deviations(sample.signals) for sample in seen]).reshape(-1, len(SIGNALS))
    found = []
    for column, (name, words) in enumerate(SIGNALS.items()):
        change = change_point(rows[:, column], LEAST)
        if change is None or change.probability * len(SIGNALS) > CHANCE:
            continue
        worse = change.after - change.before
        if worse >= LEAST_DEVIATION:
            found.append(Drift(name, seen[change.index].taken, words, worse))
    return sorted(found, key=lambda drift: -drift.change)


def in_words(found: Sequence[Drift], zone: ZoneInfo | None = None) -> str:
    """One line on the drift; empty where there is none.

    Args:
        found: the largest change first.
        zone: in which times are told; this machine's where None.

    >>> at = datetime(2026, 11, 3, 7, 20)
    >>> in_words([Drift("noise", at, "the picture has more noise", 2.0)])
    'since 2026-11-03 07:20: the picture has more noise'
    """
    if not found:
        return ""
    together = [drift for drift in found if abs((drift.since - found[0].since).total_seconds()) <= 86400]
    since = min(drift.since for drift in together)
    told = since if since.tzinfo is None else since.astimezone(zone)
    return f"since {told:%Y-%m-%d %H:%M}: {', '.join(drift.words for drift in together[:3])}"

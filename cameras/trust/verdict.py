"""The rule of the verdict: from a day's samples to one plain word, an estimated accuracy, and the reasons in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from lotwise.cameras.site.trust import TrustSettings
from lotwise.cameras.trust.reference import Measured, TrustReference
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.signals.frame_signals import SIGNALS, as_row, mean_signals

Word = Literal["good", "watch", "retrain", "cannot tell"]
"""Good: nothing to do. Watch: look at it. Retrain: it has left what it learned. Cannot tell: somebody has to look."""
MOST_REASONS = 3
"""Most signals that a verdict names."""
NAMED_SHARE = 0.15
"""Share of what lowers the estimate from which on a signal is named."""
WORTH_NAMING = 0.02
"""Square root of the error by which the signals together must raise it for any of them to be named."""
WIDEST = 0.6
"""Width of the interval from which on an estimate says nothing."""
MOST_UNKNOWN = 0.3
"""Share of unknown slots from which on a camera is to be looked at, however well the others are read."""
MOST_FLICKER = 0.2
"""Changes taken back, of each slot and hour, from which on a camera is to be looked at. Chosen: one slot in five
telling a false story every hour."""
MOST_DIFFERING = 0.1
"""Share of comparisons with other cameras that see the same places in which one of them says something else, from which
on a camera is to be looked at. Chosen: nobody knows which of them is wrong, and labels of shared places contradict
each other in one of two hundred."""
FEWEST_COMPARED = 30
"""Comparisons below which they say nothing: of five places, those of an hour."""
TEACHER_FRAMES = 2.0
"""As many frames on which the teacher looked count as much as all signals do. Chosen: one frame of a lot shows some
dozens of slots, but of one hour."""


@dataclass(frozen=True)
class Verdict:
    """What is to be thought of a camera over some time, usually a day.

    Attributes:
        word: the verdict.
        accuracy: estimated share of slots read as the teacher would, 0..1; on a camera without slots F1 of its boxes.
            None where nothing could be measured.
        low, high: where it lies nine times in ten.
        measured: what the accuracy is of.
        reasons: in words, the weightiest first.
        frames: sampled. looked: on how many of them the teacher looked.
        unknown: share of slots that were unknown, over the samples.
        signals: mean of each over the samples.
    """

    word: Word
    accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    measured: Measured = "slots"
    reasons: tuple[str, ...] = ()
    frames: int = 0
    looked: int = 0
    unknown: float = 0.0
    signals: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain values, rounded."""
        numbers = {"accuracy": self.accuracy, "low": self.low, "high": self.high}
        return {
            "verdict": self.word,
            **{name: None if value is None else round(value, 4) for name, value in numbers.items()},
            "measured": self.measured,
            "reasons": list(self.reasons),
            "frames": self.frames,
            "teacher_looked": self.looked,
            "unknown": round(self.unknown, 4),
            "signals": {name: round(value, 4) for name, value in self.signals.items()},
        }


def verdict(samples: Sequence[Sample], reference: TrustReference, settings: TrustSettings) -> Verdict:
    """Judge a camera by what was sampled of it.

    Args:
        samples: of one camera and one time, such as a day.
        reference: of the bundle that was judged.
        settings: from which accuracy on a camera is good or bad.
    """
    measured, frames = reference.measured, len(samples)
    seen = [sample for sample in samples if sample.view == "good" and sample.signals]
    unknown = float(np.mean([sample.unknown for sample in samples])) if samples else 0.0
    if bad := _bad_view(samples, seen):
        return Verdict("cannot tell", measured=measured, reasons=(bad,), frames=frames, unknown=unknown)
    if not reference.usual:
        why = "nothing is known of its usual signals; export its bundle again"
        return Verdict("cannot tell", measured=measured, reasons=(why,), frames=frames, unknown=unknown)
    if len(seen) < settings.min_frames:
        few = f"{len(seen)} sampled frame{'' if len(seen) == 1 else 's'}, {settings.min_frames} are wanted"
        return Verdict("cannot tell", measured=measured, reasons=(few,), frames=frames, unknown=unknown)
    signals = mean_signals([sample.signals for sample in seen])
    looks = [sample.teacher for sample in seen if sample.teacher is not None]
    accuracy, low, high = reference.estimate(signals)
    reasons = list(_lowering(reference, signals))
    if looks:
        accuracy, low, high = _with_teacher(looks, accuracy, low, high)
        frames_looked = f"{len(looks)} frame{'' if len(looks) == 1 else 's'}"
        reasons.insert(
            0, f"the teacher agrees with {1 - float(np.mean(looks)):.0%} of the {measured} on {frames_looked}"
        )
    word: Word = "good" if accuracy >= settings.good else "watch" if accuracy >= settings.bad else "retrain"
    if high - low > WIDEST:
        word = "cannot tell"
        reasons.insert(0, f"the estimate lies anywhere from {low:.0%} to {high:.0%}")
    for heed in (*_beside(seen, unknown), *_contradicted(samples)):
        word = "watch" if word == "good" else word
        reasons.append(heed)
    if not reasons:
        reasons.append("all signals are as on the days it learned from")
    if not reference.frames:
        reasons.append("its bundle carries no reference, so other cameras speak for it")
    return Verdict(word, accuracy, low, high, measured, tuple(reasons), frames, len(looks), unknown, signals)


def _bad_view(samples: Sequence[Sample], seen: Sequence[Sample]) -> str:
    """What is wrong with the view on most of the samples; empty where most are good."""
    bad = Counter(sample.view for sample in samples if sample.view != "good")
    if not bad or bad.total() <= len(seen):
        return ""
    view, count = bad.most_common(1)[0]
    mend = {
        "moved": "turn the camera back, or accept the view and draw the slots anew",
        "blocked": "look for what hangs before the lens",
        "blurred": "if it is not fog or the dark, clean the lens or focus it",
    }.get(view, "mend the camera first")
    return f"the view is {view} on {count} of {len(samples)} frames; {mend}"


def _lowering(reference: TrustReference, signals: dict[str, float]) -> list[str]:
    """The signals that lower the estimate most, in words."""
    parts = reference.deviations(signals) * np.nan_to_num(as_row(reference.weights))
    parts = np.maximum(parts, 0)
    if parts.sum() < WORTH_NAMING:
        return []
    order = [
        index for index in np.argsort(-parts, kind="stable")[:MOST_REASONS] if parts[index] / parts.sum() >= NAMED_SHARE
    ]
    words = list(SIGNALS.values())
    return [words[index] for index in order]


def _with_teacher(looks: Sequence[float], accuracy: float, low: float, high: float) -> tuple[float, float, float]:
    """The estimate drawn towards what the teacher said of some frames, and the interval narrowed as much."""
    told = 1 - float(np.mean(looks))
    share = len(looks) / (len(looks) + TEACHER_FRAMES)
    drawn = accuracy + share * (told - accuracy)
    narrow = 1 - share / 2
    return drawn, max(0.0, drawn - narrow * (accuracy - low)), min(1.0, drawn + narrow * (high - accuracy))


def _beside(seen: Sequence[Sample], unknown: float) -> list[str]:
    """What wants somebody's eye whatever the estimate says."""
    found = []
    if unknown > MOST_UNKNOWN:
        found.append(f"{unknown:.0%} of the slots are unknown")
    flickers = [sample.flicker for sample in seen if sample.flicker is not None]
    if flickers and float(np.mean(flickers)) > MOST_FLICKER:
        found.append(f"slots take their state back {float(np.mean(flickers)):.1f} times an hour each")
    return found


def _contradicted(samples: Sequence[Sample]) -> list[str]:
    """What other cameras say otherwise, where that is often; comparisons count while the view was bad, too."""
    compared = sum(sample.compared for sample in samples)
    share = sum(sample.differed for sample in samples) / max(compared, 1)
    if compared < FEWEST_COMPARED or share <= MOST_DIFFERING:
        return []
    return [f"other cameras that see its places say otherwise in {share:.0%} of {compared} comparisons"]

"""The promotion gate where a bundle is live: it is not favoured by frames that it has learned from itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lotwise.datasets.frame import Detections
from lotwise.students.pipeline.expected_f1 import Expected, judge
from lotwise.students.pipeline.gate import Decision, decide

PICTURES = "pictures"
"""What a bundle's manifest says under ``training``: content keys of all that its student has learned from."""


@dataclass(frozen=True)
class JudgedFrame:
    """What is said of a frame of the camera, and what is expected of it.

    Attributes:
        key: of its pixels.
        expected: the vehicles.
        student, nano, live: what is reported of it by the student, which never saw it, by the untouched nano and by the
            live bundle, each as it runs.
    """

    key: str
    expected: Expected
    student: Detections
    nano: Detections
    live: Detections


def decide_held_out(
    scores: Mapping[str, float],
    training: Mapping[str, Any],
    frames: Iterable[JudgedFrame],
    shadow: bool,
    refusal: str = "",
    allowed: float = 0.0,
) -> tuple[dict[str, float], Decision]:
    """Who goes live, and the expected F1 that this comes from, where frames are held out.

    Args:
        scores: of ``student``, ``baseline`` and, where one is live, ``live``, on all frames.
        training: what the live bundle says of how it was made; it may have learned from what is held out now.
        frames: all of them; none where no bundle is live.
        shadow, refusal, allowed: as of :func:`lotwise.students.pipeline.gate.decide`.
    """
    decision = decide(scores, shadow, refusal=refusal, allowed=allowed)
    learned, judged = frozenset(training.get(PICTURES, ())), list(frames)
    if "live" not in scores or not any(frame.key in learned for frame in judged):
        return dict(scores), decision
    live, compared = against_live(decision, learned, judged, shadow, allowed)
    return {**scores, "live": live}, compared


def against_live(
    decision: Decision, learned: frozenset[str], frames: list[JudgedFrame], shadow: bool, allowed: float = 0.0
) -> tuple[float, Decision]:
    """The live bundle's expected F1, and the decision, on those frames that it did not learn from.

    Where it learned from all of them it is flattered, so that a newcomer which agrees as well is better all the same;
    of one that agrees less nobody can tell.

    Args:
        decision: between student and untouched nano.
        learned: content keys of what the live bundle learned from; of some of the frames.
        frames: of the camera, at least one.
        shadow, allowed: as of :func:`lotwise.students.pipeline.gate.decide`.
    """
    fresh = [frame for frame in frames if frame.key not in learned]
    shared, winner = fresh or frames, decision.winner
    new = f1((frame.student if winner == "student" else frame.nano, frame.expected) for frame in shared)
    live = f1((frame.live, frame.expected) for frame in shared)
    margin = allowed if winner == "student" else 0.0
    compared = decide({"student": new, "baseline": new, "live": live}, shadow, allowed=margin)
    count = f"{len(shared)} frame{'s' if len(shared) > 1 else ''}"
    if fresh:
        why = f"{compared.why} (on {count} that the live one did not learn from)"
    elif compared.outcome == "kept":
        why = (
            f"{compared.why}, but it learned from all {count} that the new one is measured on, so that nothing shows "
            "which is better; give frames of other days, or promote the new one by hand"
        )
    else:
        why = f"{compared.why}, which learned from all {count}"
    return live, replace(compared, winner=winner, why=why)


def f1(reported: Iterable[tuple[Detections, Expected]]) -> float:
    """Expected F1 of what is reported, as it is."""
    return judge(reported).f1(0.0)

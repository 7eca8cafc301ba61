"""The promotion gate of a camera of few frames: students that left frames out speak for the one that learned all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from lotwise.datasets.frame import Detections
from lotwise.students.few_frames.choice import NANO
from lotwise.students.pipeline.expected_f1 import Expected, judge
from lotwise.students.pipeline.gate import Decision, decide
from lotwise.students.pipeline.records import LeftOutRecord

PICTURES, AGREEMENT = "pictures", "left_out_f1"
"""What a bundle's manifest says under ``training``: content keys of what it learned, and the expected F1 of those who
left it out."""


@dataclass(frozen=True)
class LeftOutFrame:
    """What is said of a frame of the camera, and what is expected of it.

    Attributes:
        key: of its pixels.
        expected: the vehicles.
        student, nano, live: what is reported of it by the student that never saw it, by the untouched nano and by the
            live bundle, each as it runs.
    """

    key: str
    expected: Expected
    student: Detections
    nano: Detections
    live: Detections


def decide_left_out(
    left_out: LeftOutRecord,
    training: Mapping[str, Any] | None,
    frames: Iterable[LeftOutFrame],
    shadow: bool,
    refusal: str = "",
) -> tuple[dict[str, float], Decision]:
    """Who goes live, and the expected F1 that this comes from.

    A live bundle that learned from some of the frames would be flattered by them. So it is compared on the others;
    where there are none, by what was said by those who left frames out when it was made.

    Args:
        left_out: what the camera's record says.
        training: what the live bundle says of how it was made; None where none is live that can be loaded.
        frames: of the camera; read only where a bundle is live.
        shadow: whether what passes shall run beside the live one first.
        refusal: why the student may not go live, however well it agrees; empty where it may.
    """
    scores = {"student": left_out.agreement[left_out.share], "baseline": left_out.agreement[NANO]}
    decision = decide(scores, shadow, left_out.margin, refusal)
    if training is None:
        return scores, decision
    learned = training.get(PICTURES, ())
    all_frames = list(frames)
    fresh = [frame for frame in all_frames if frame.key not in learned]
    if not fresh and AGREEMENT in training:
        scores["live"] = float(training[AGREEMENT])
        return scores, decide(scores, shadow, left_out.margin, refusal)
    shared = fresh or all_frames
    scores["live"] = _f1((frame.live, frame.expected) for frame in shared)
    if len(shared) == len(all_frames):
        return scores, decide(scores, shadow, left_out.margin, refusal)
    new = _f1((frame.student if decision.winner == "student" else frame.nano, frame.expected) for frame in shared)
    compared = decide({"student": new, "baseline": new, "live": scores["live"]}, shadow)
    count = f"{len(shared)} frame{'s' if len(shared) > 1 else ''}"
    return scores, replace(
        compared, winner=decision.winner, why=f"{compared.why} (on {count} that the live one did not learn from)"
    )


def _f1(reported: Iterable[tuple[Detections, Expected]]) -> float:
    return judge(reported).f1(0.0)


def said_of_training(left_out: LeftOutRecord, keys: Mapping[str, str], names: Iterable[str]) -> dict[str, object]:
    """What a bundle's manifest shall say, so that a later gate can compare with it."""
    return {PICTURES: sorted({keys[name] for name in names}), AGREEMENT: left_out.agreement[left_out.share]}

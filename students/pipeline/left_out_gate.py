"""The promotion gate of a camera of few frames: students that left frames out speak for the one that learned all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lotwise.students.few_frames.choice import NANO
from lotwise.students.pipeline.gate import Decision, decide
from lotwise.students.pipeline.live_gate import PICTURES, JudgedFrame, against_live, f1
from lotwise.students.pipeline.records import LeftOutRecord

AGREEMENT = "left_out_f1"
"""What a bundle's manifest says under ``training``: the expected F1 of those who left frames out in turn."""


def decide_left_out(
    left_out: LeftOutRecord,
    training: Mapping[str, Any] | None,
    frames: Iterable[JudgedFrame],
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
    learned, all_frames = frozenset(training.get(PICTURES, ())), list(frames)
    known = sum(frame.key in learned for frame in all_frames)
    if known == len(all_frames) and AGREEMENT in training:
        scores["live"] = float(training[AGREEMENT])
        return scores, decide(scores, shadow, left_out.margin, refusal)
    if not known:
        scores["live"] = f1((frame.live, frame.expected) for frame in all_frames)
        return scores, decide(scores, shadow, left_out.margin, refusal)
    scores["live"], decision = against_live(decision, learned, all_frames, shadow)
    return scores, decision

"""The promotion gate of a camera of few frames: students that left frames out speak for the one that learned all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.ignore.region import Boxes
from lotwise.datasets.frame import Detections, Image
from lotwise.students.few_frames.choice import NANO
from lotwise.students.pipeline.gate import Decision, agreements_with_teacher, decide
from lotwise.students.pipeline.records import LeftOutRecord

PICTURES, AGREEMENT = "pictures", "left_out_agreement"
"""What a bundle's manifest says under ``training``: content keys of what it learned, and how those who left it out
agreed with the teacher."""


@dataclass(frozen=True)
class LeftOutFrame:
    """A frame of the camera.

    Attributes:
        key: of its pixels.
        image: (H, W, 3) BGR.
        told: all that the teacher says of it.
        student, nano: what is reported of it by the student that never saw it, and by the untouched nano.
    """

    key: str
    image: Image
    told: Detections
    student: Detections
    nano: Detections


def decide_left_out(
    left_out: LeftOutRecord,
    live: Detector | None,
    frames: Iterable[LeftOutFrame],
    threshold: float,
    shadow: bool,
    ignored: Boxes | None = None,
    refusal: str = "",
) -> tuple[dict[str, float], Decision]:
    """Who goes live, and the agreements with the teacher that this comes from.

    A live bundle that learned from some of the frames would be flattered by them. So it is compared on the others;
    where there are none, by what was said by those who left frames out when it was made.

    Args:
        left_out: what the camera's record says.
        live: the live bundle; None where none can be loaded.
        frames: of the camera; read only where a bundle is live.
        threshold: the teacher's boxes from this score up are taught.
        shadow: whether what passes shall run beside the live one first.
        ignored: (R, 4) xyxy in 0..1 of the frame, of things that are no vehicles.
        refusal: why the student may not go live, however well it agrees; empty where it may.
    """
    scores = {"student": left_out.agreement[left_out.share], "baseline": left_out.agreement[NANO]}
    decision = decide(scores, shadow, left_out.margin, refusal)
    if live is None:
        return scores, decision
    training = live.manifest.training if live.manifest else {}
    learned = training.get(PICTURES, ())
    all_frames = list(frames)
    fresh = [frame for frame in all_frames if frame.key not in learned]
    if not fresh and AGREEMENT in training:
        scores["live"] = float(training[AGREEMENT])
        return scores, decide(scores, shadow, left_out.margin, refusal)
    shared = fresh or all_frames
    said = ((frame.image, frame.told) for frame in shared)
    scores["live"] = agreements_with_teacher({"live": live}, said, threshold, ignored)["live"]
    if len(shared) == len(all_frames):
        return scores, decide(scores, shadow, left_out.margin, refusal)
    winners = (frame.student if decision.winner == "student" else frame.nano for frame in shared)
    new = agreement(zip(winners, (one.told[one.told.scores >= threshold] for one in shared), strict=True))
    compared = decide({"student": new, "baseline": new, "live": scores["live"]}, shadow)
    count = f"{len(shared)} frame{'s' if len(shared) > 1 else ''}"
    return scores, replace(
        compared, winner=decision.winner, why=f"{compared.why} (on {count} that the live one did not learn from)"
    )


def said_of_training(left_out: LeftOutRecord, keys: Mapping[str, str], names: Iterable[str]) -> dict[str, object]:
    """What a bundle's manifest shall say, so that a later gate can compare with it."""
    return {PICTURES: sorted({keys[name] for name in names}), AGREEMENT: left_out.agreement[left_out.share]}

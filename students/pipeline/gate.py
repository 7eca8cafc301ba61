"""The promotion gate: a new bundle goes live only if it agrees with the teacher at least as well as the live one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image
from lotwise.students.pipeline.records import GateOutcome


@dataclass(frozen=True)
class Decision:
    """What becomes of a new bundle.

    Attributes:
        outcome: whether it is promoted, runs in the shadow of the live one first, or the live one is kept.
        why: in one line, for people.
    """

    outcome: GateOutcome
    why: str


def decide(new: float, live: float | None, held_out: bool, shadow: bool = False) -> Decision:
    """Whether a new bundle takes the place of the live one.

    Args:
        new: agreement of the new bundle with the teacher, 0..1.
        live: agreement of the live one on the same frames; None where none is live or it cannot be loaded.
        held_out: whether the new one did not learn from those frames.
        shadow: whether it shall run beside the live one first.

    >>> decide(0.91, 0.90, held_out=True).outcome
    'promoted'
    >>> decide(0.89, 0.90, held_out=True)
    Decision(outcome='kept', why='the live bundle agrees better with the teacher, by 0.900 against 0.890')
    """
    if live is None:
        return Decision("promoted", "no bundle was live that could be compared")
    if not held_out:
        return Decision(
            "kept", "all frames at hand were learned from, so nothing shows that the new bundle is better; promote it "
            "by hand, or hold frames out with --holdout",
        )  # fmt: skip
    if not new >= live:
        return Decision("kept", f"the live bundle agrees better with the teacher, by {live:.3f} against {new:.3f}")
    why = f"it agrees with the teacher by {new:.3f}, the bundle live before by {live:.3f}"
    return Decision("shadow" if shadow else "promoted", why)


def live_detector(registry: Registry) -> Detector | None:
    """The bundle that is live, as what is measured of it; None where none is, or where it cannot be loaded."""
    try:
        return load_detector(registry.live())
    except InputError:
        return None


def agreements_with_teacher(
    detectors: Mapping[str, Detector], frames: Iterable[tuple[Image, Detections]], threshold: float
) -> dict[str, float]:
    """F1 of each detector's boxes, at its deployed confidence, against the boxes that the teacher teaches.

    Both from the bundle's confidence up would count as false what a student rightly learned of boxes that the
    teacher only half believes.

    Args:
        detectors: by name; each looks at every frame.
        frames: pixels of each frame, and the teacher's detections in its pixels.
        threshold: the teacher's boxes from this score up are taught.
    """
    pairs: dict[str, list[tuple[Detections, Detections]]] = {name: [] for name in detectors}
    for image, said in frames:
        taught = said[said.scores >= threshold]
        for name, detector in detectors.items():
            pairs[name].append((detector([image])[0], taught))
    return {name: agreement(found) for name, found in pairs.items()}

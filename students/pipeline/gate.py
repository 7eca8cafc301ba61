"""The promotion gate: a new bundle goes live only if it agrees with the teacher at least as well as the live one.

Only frames that the student did not learn from tell that. Where there are none, no student goes live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.bundle import BundleRole, parse_manifest
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.ignore.region import without_ignored
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image
from lotwise.datasets.suppression import first_boxes
from lotwise.students.pipeline.inventions import may_be_invented
from lotwise.students.pipeline.records import GateOutcome
from lotwise.students.pipeline.tune import Tuning


@dataclass(frozen=True)
class Decision:
    """What becomes of a camera's new bundles.

    Attributes:
        winner: which of student and untouched nano is to go live.
        outcome: whether the winner is promoted, runs in the shadow of the live one first, or the live one is kept.
        why: in one line, for people.
        missing_frames: how many more frames the camera needs before a student of it can be measured at all.
    """

    winner: BundleRole
    outcome: GateOutcome
    why: str
    missing_frames: int = 0


def decide(
    scores: Mapping[str, float], shadow: bool = False, margin: float = 0.0, refusal: str = "", allowed: float = 0.0
) -> Decision:
    """Whether the better one of student and untouched nano takes the place of the live bundle.

    Args:
        scores: agreement with the teacher, 0..1, on frames that the student did not learn from: of ``student``, of
            ``baseline``, and of ``live`` where a bundle is live that can be loaded.
        shadow: whether what passes shall run beside the live one first.
        margin: by how much more than the untouched nano the student must agree.
        refusal: why the student may not go live, however well it agrees; empty where it may.
        allowed: by how much less than the live bundle a student may agree that costs less than that.

    >>> decide({"student": 0.91, "baseline": 0.80, "live": 0.90}).outcome
    'promoted'
    >>> decide({"student": 0.89, "baseline": 0.80, "live": 0.90}).why
    'the live bundle agrees better with the teacher, by 0.900 against 0.890'
    """
    better = scores["student"] >= scores["baseline"] + margin
    winner: BundleRole = "student" if better and not refusal else "baseline"
    new, live = scores[winner], scores.get("live")
    if live is None:
        return Decision(winner, "promoted", "no bundle was live that could be compared")
    if not new >= live - (allowed if winner == "student" else 0.0):
        why = f"the live bundle agrees better with the teacher, by {live:.3f} against {new:.3f}"
        return Decision(winner, "kept", why)
    why = f"it agrees with the teacher by {new:.3f}, the bundle live before by {live:.3f}"
    why += ", which costs more" if new < live else ""
    return Decision(winner, "shadow" if shadow else "promoted", why)


def invention_refusal(student: Tuning, nano: Tuning) -> str:
    """Why a student that draws things may not go live which the teacher has on no frame; empty where it may.

    Args:
        student, nano: both on the same frames, which neither learned from.
    """
    if student.invented <= may_be_invented(student.boxes, nano.invented):
        return ""
    return (
        f"it draws {student.invented} of its {student.boxes} boxes where the teacher has none on any frame, the "
        f"untouched nano {nano.invented} of {nano.boxes}"
    )


def decide_unmeasured(pictures: int, can_hold_out: bool, has_live: bool) -> Decision:
    """What is live where the student learned from every frame there is: what was live before, else the untouched nano.

    A student always agrees with the teacher on the frames that it learned from, so these show nothing.

    Args:
        pictures: how many different pictures it learned from.
        can_hold_out: whether some of them could have been held out.
        has_live: whether a bundle is live that can be loaded.

    >>> decide_unmeasured(1, can_hold_out=False, has_live=False).winner
    'baseline'
    """
    learned = "the only picture" if pictures == 1 else f"all {pictures} pictures"
    needed = "hold frames out with --holdout" if can_hold_out else "give at least 1 more frame, best of another day"
    why = (
        f"the student learned from {learned} there {'is' if pictures == 1 else 'are'}, so nothing shows that it is "
        f"better and it does not go live; {needed}, or promote it by hand"
    )
    return Decision("baseline", "kept" if has_live else "promoted", why, 0 if can_hold_out else 1)


def live_detector(registry: Registry) -> Detector | None:
    """The bundle that is live, as what is measured of it; None where none is, or where it cannot be loaded."""
    try:
        return load_detector(registry.live())
    except InputError:
        return None


def is_divided(registry: Registry) -> bool:
    """Whether what is live is a student over several boards; not where that cannot be read."""
    live = registry.state().live
    try:
        return live is not None and parse_manifest(registry.folder / live).ensemble is not None
    except InputError:
        return False


def agreements_with_teacher(
    detectors: Mapping[str, Detector],
    frames: Iterable[tuple[Image, Detections]],
    threshold: float,
    ignored: Boxes | None = None,
) -> dict[str, float]:
    """F1 of each detector's boxes, at its deployed confidence, against the boxes that the teacher teaches.

    Both from the bundle's confidence up would count as false what a student rightly learned of boxes that the
    teacher only half believes.

    Args:
        detectors: by name; each looks at every frame.
        frames: pixels of each frame, and the teacher's detections in its pixels.
        threshold: the teacher's boxes from this score up are taught.
        ignored: (R, 4) xyxy in 0..1 of the frame, of things that are no vehicles: boxes of the detectors there count
            for nothing. The teacher's are taken to be left out already.
    """
    pairs: dict[str, list[tuple[Detections, Detections]]] = {name: [] for name in detectors}
    for image, said in frames:
        taught = said[said.scores >= threshold]
        for name, detector in detectors.items():
            found = first_boxes(detector([image])[0])
            if ignored is not None:
                found = without_ignored(found, ignored, (image.shape[1], image.shape[0]))
            pairs[name].append((found, taught))
    return {name: agreement(found) for name, found in pairs.items()}

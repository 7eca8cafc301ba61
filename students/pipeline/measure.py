"""What a camera's new bundles are worth on frames that its student did not learn from, and how they are to be run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lotwise.cameras.detection.bundle import BundleRole
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE, Detector
from lotwise.cameras.ignore.region import without_ignored
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.frame import Detections, Frame, Image
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.pipeline.expected_f1 import Expected, Judged, judge
from lotwise.students.pipeline.slot_threshold import SlotsTold, choose_slot_threshold
from lotwise.students.pipeline.tune import Tuning, tune

Said = Mapping[str, Detections]
"""A model's boxes, of low score too, in pixels of the frame, by frame name."""


@dataclass(frozen=True)
class Measured:
    """A camera's bundles, measured.

    Attributes:
        tunings: how each new model is to be run; a model is left out of which there is nothing to measure by.
        said: all boxes of each new model.
        expected: of every frame of which something is said.
        live: what the live bundle reports of each frame; empty where none is live.
        live_f1: expected F1 of the live bundle as it runs; None where none is live, or nothing can be measured.
    """

    tunings: Mapping[BundleRole, Tuning]
    said: Mapping[BundleRole, Said] = field(default_factory=dict)
    expected: Mapping[str, Expected] = field(default_factory=dict)
    live: Said = field(default_factory=dict)
    live_f1: float | None = None

    @property
    def scores(self) -> dict[str, float]:
        """Expected F1 of student, untouched nano and live bundle; empty where the student could not be measured."""
        if "student" not in self.tunings:
            return {}
        scores: dict[str, float] = {role: tuning.expected_f1 for role, tuning in self.tunings.items()}
        return scores if self.live_f1 is None else {**scores, "live": self.live_f1}


def say(
    detectors: Mapping[str, Detector], frames: Iterable[tuple[Frame, Image]], ignored: Boxes | None = None
) -> dict[str, dict[str, Detections]]:
    """All boxes of each detector, those on ignored things left out, by the detector's name and by frame name.

    Args:
        detectors: each looks at every frame.
        frames: with their pixels.
        ignored: (R, 4) xyxy in 0..1 of the frame, of things that are no vehicles.
    """
    said: dict[str, dict[str, Detections]] = {name: {} for name in detectors}
    for frame, image in frames:
        for name, detector in detectors.items():
            found = detector([image], MIN_REPORTED_SCORE)[0]
            if ignored is not None:
                found = without_ignored(found, ignored, (image.shape[1], image.shape[0]))
            said[name][frame.name] = found
    return said


def measure(
    said: Mapping[BundleRole, Said],
    expected: Mapping[str, Expected],
    tuned: Callable[[Judged, float, int | None], Tuning] = tune,
    slots: SlotsTold | None = None,
    raised: bool = False,
) -> dict[BundleRole, Tuning]:
    """How each model is to be run, by what it said of frames that it did not learn from; models of no frame left out.

    Args:
        said: by model.
        expected: of every frame of which something is said.
        tuned: how a model is to be run that was judged so, whose slots are read best from some score up, and whose
            threshold is to be raised where it invents more than so many boxes.
        slots: the teacher's word on the slots of these frames, by which the untouched nano's are read; None where the
            camera has none.
        raised: whether a student's threshold is raised until it invents hardly more than the untouched nano.
    """
    tunings: dict[BundleRole, Tuning] = {}
    for role in sorted(said):  # the nano, called baseline, comes first
        if said[role]:
            judged = judge((found, expected[name]) for name, found in said[role].items())
            # Frames left out are often of the days that were learned from, and flatter a student; the nano knows none.
            told = slots if role == "baseline" else None
            slots_from = DEFAULT_CONFIDENCE if told is None else choose_slot_threshold(said[role], told)
            of_nano = tunings["baseline"].invented if raised and "baseline" in tunings else None
            tunings[role] = tuned(judged, slots_from, of_nano)
    return tunings


def live_f1(said: Said, expected: Mapping[str, Expected], confidence: float) -> float | None:
    """Expected F1 of the live bundle at its own threshold; None where it said nothing of any frame."""
    if not said:
        return None
    return judge((found, expected[name]) for name, found in said.items()).f1(confidence)

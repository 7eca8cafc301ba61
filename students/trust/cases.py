"""Frames of a camera under disturbances of known degree, and how far its bundle leaves the teacher on each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.trust.patches.reader import PatchReader
from lotwise.cameras.trust.signals.frame_signals import frame_signals
from lotwise.cameras.trust.signals.look import Look, look
from lotwise.cameras.trust.signals.picture import picture_look
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.disturbances import KINDS
from lotwise.datasets.frame import Detections, Frame, Image, Slot, SlotState
from lotwise.datasets.suppression import first_boxes
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE

UNDISTURBED = "none"
DEGREES = (0.5, 1.0, 1.6)
"""Degrees in which each disturbance is done: from hardly seen to little to be seen. Chosen by looking at them."""


@dataclass(frozen=True)
class Case:
    """One frame as it was disturbed.

    Attributes:
        frame: its name.
        kind: what was done to it; ``UNDISTURBED`` for nothing.
        signals: what the node could measure of it.
        error: share of slots read otherwise than by the teacher on the undisturbed frame, 0..1; of a camera without
            slots, one minus F1 of the boxes.
    """

    frame: str
    kind: str
    signals: dict[str, float]
    error: float


def teacher_error(seen: Look, said: Detections, detector: Detector, slots: Sequence[Slot], threshold: float) -> float:
    """How far a look leaves the teacher, as of :class:`Case`; the teacher's boxes count from ``threshold`` up."""
    if not slots:
        return 1 - agreement([(first_boxes(seen.reported), said[said.scores >= threshold])])
    states = teacher_states(said, detector, slots, seen.size)
    wrong = [seen.readings[slot].state != state for slot, state in states.items() if slot in seen.readings]
    return float(np.mean(wrong)) if wrong else 0.0


def teacher_states(
    said: Detections, detector: Detector, slots: Sequence[Slot], size: tuple[int, int]
) -> dict[str, SlotState]:
    """Slot states by the teacher's boxes, read by the same rule as the bundle's."""
    readings = detector.slot_rule(said, slots, size, confidence=DEFAULT_CONFIDENCE)
    return {slot: reading.state for slot, reading in readings.items() if reading.state != "unknown"}


def disturbed_cases(
    detector: Detector,
    frames: Iterable[tuple[Frame, Image, Detections]],
    lights: Sequence[Sequence[float]],
    threshold: float,
    ignored: Boxes | None = None,
    each: int = 6,
    seed: int = 0,
    reader_for: Callable[[str, str], PatchReader | None] = lambda kind, frame: None,
) -> Iterator[Case]:
    """Each frame as it is and under some disturbances: all kinds and degrees come about equally often.

    Args:
        detector: of the bundle.
        frames: held out, with their pixels and what the teacher says of them.
        lights: light of frames that were learned from.
        threshold: of the teacher's boxes, on a camera without slots.
        ignored: (R, 4) xyxy in 0..1, of things that are no vehicles.
        each: disturbances of each frame.
        seed: of all that is random.
        reader_for: from kind and frame to a patch reader that has seen neither.
    """
    rng = np.random.default_rng(seed)
    every = [(kind, degree) for kind in KINDS for degree in DEGREES]
    deck: list[tuple[str, float]] = []
    slots = detector.slots
    for frame, image, said in frames:
        if len(deck) < each:
            deck += [every[index] for index in rng.permutation(len(every)).tolist()]
        drawn, deck = deck[:each], deck[each:]
        for kind, degree in [(UNDISTURBED, 0.0), *drawn]:
            shown = image if kind == UNDISTURBED else KINDS[kind](degree)(image, rng)
            seen = look(detector, shown, slots, ignored=ignored)
            reader = reader_for(kind, frame.name)
            patches = reader(shown, slots) if reader else {}
            signals = frame_signals(seen, picture_look(shown, frame.masks), lights, patches)
            yield Case(frame.name, kind, signals, teacher_error(seen, said, detector, slots, threshold))

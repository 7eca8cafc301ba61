"""Part of the export: what the bundle that is to go live will be able to say of itself on days it has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.frame_selection.appearance import describe
from lotwise.cameras.trust.reference import Measured
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Detections, Frame, Image
from lotwise.datasets.load import LoadFrame
from lotwise.students.export.quantize import spread
from lotwise.students.trust.cases import disturbed_cases
from lotwise.students.trust.patch_examples import patch_examples, unseen_readers
from lotwise.students.trust.reference import add_reference, fitted_reference
from lotwise.teacher.index import Labels

JUDGED_FRAMES = 6
"""Held-out frames that are disturbed; with the disturbances of each 42 looks, of three runs of the model."""
READ_FRAMES = 24
"""Frames learned from whose slots the patch reader learns: each costs what a few disturbances of a picture cost."""
KNOWN_LIGHTS = 24
"""Frames learned from whose light the bundle carries along: 400 bytes each."""


def add_trust(
    folder: Path,
    learned: Sequence[Frame],
    held_out: Sequence[Frame],
    labels: Labels,
    read: LoadFrame,
    threshold: float,
    ignored: Boxes | None = None,
    seed: int = 0,
) -> None:
    """Fit a bundle's reference and put it into the bundle.

    Args:
        folder: of the bundle, not in a registry yet.
        learned: frames that its student learned from.
        held_out: frames that it did not learn from; where there are none, some of those learned from stand for them,
            on which it agrees better than elsewhere, so that the intervals are too narrow.
        labels: what the teacher said.
        read: gives the pixels of a frame.
        threshold: the teacher's boxes from this score up are vehicles, on a camera without slots.
        ignored: (R, 4) xyxy in 0..1 of the frame, of things that are no vehicles.
        seed: of the disturbances.
    """
    detector = load_detector(folder)
    lights = []
    for frame in (learned[index] for index in spread(len(learned), KNOWN_LIGHTS)):
        try:
            lights.append(describe(read(frame), frame.masks).light.tolist())
        except UnreadableImage:
            continue
    shown = list(_said(held_out or learned, labels, read, JUDGED_FRAMES))
    examples = patch_examples(_said(learned, labels, read, READ_FRAMES), detector, seed)
    cases = list(
        disturbed_cases(detector, shown, lights, threshold, ignored, seed=seed, reader_for=unseen_readers(examples))
    )
    measured: Measured = "slots" if detector.slots else "boxes"
    add_reference(folder, fitted_reference(cases, lights, measured, examples.reader()))


def _said(
    frames: Sequence[Frame], labels: Labels, read: LoadFrame, most: int
) -> Iterator[tuple[Frame, Image, Detections]]:
    """Of the frames that the teacher has looked at, this many evenly spread, as far as they can be read."""
    known = [frame for frame in frames if frame.name in labels.keys]
    for frame in (known[index] for index in spread(len(known), most)):
        try:
            yield frame, read(frame), labels.detections(frame)
        except UnreadableImage:
            continue

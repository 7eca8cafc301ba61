"""One sampled frame as the detector sees it: before and after suppression, mirrored, and with its contrast raised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.ignore.region import without_ignored
from lotwise.cameras.slots import SlotModel, SlotReading, slot_rule
from lotwise.cameras.slots.low_score import with_low_scores
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.frame import Detections, Image, Slot

CLIP_LIMIT, TILES = 3.0, (8, 8)
"""Of contrast limited adaptive histogram equalisation (Zuiderveld 1994): how far the contrast of each part of the frame
is raised. What fog or night hides from the detector shows again in this view."""
FAINT_SHARE = 0.3
"""Boxes from this share of the deployed confidence up are looked at: those just under it tell of doubt. Chosen."""


@dataclass(frozen=True)
class Look:
    """What a detector says of one frame.

    Attributes:
        candidates: before suppression, calibrated scores from ``FAINT_SHARE`` of the confidence up, in pixels.
        found: after it.
        mirrored: found on the mirrored frame, boxes mirrored back.
        raised: found on the frame with its contrast raised.
        readings, mirrored_readings, raised_readings: of the slots that it can see, from each of these.
        confidence: the deployed threshold.
        size: (width, height) of the frame in pixels.
    """

    candidates: Detections
    found: Detections
    mirrored: Detections
    raised: Detections
    readings: Mapping[str, SlotReading]
    mirrored_readings: Mapping[str, SlotReading]
    raised_readings: Mapping[str, SlotReading]
    confidence: float
    size: tuple[int, int]

    @property
    def reported(self) -> Detections:
        """What is found at the deployed confidence."""
        return self.found[self.found.scores >= self.confidence]


def look(
    detector: Detector,
    image: Image,
    slots: Sequence[Slot] | None = None,
    shift: tuple[float, float] = (0.0, 0.0),
    ignored: Boxes | None = None,
) -> Look:
    """Look at a frame as it is, mirrored and with its contrast raised: three runs of the model.

    Args:
        detector: of the camera.
        image: (H, W, 3) BGR.
        slots: those that are read; the detector's own where None.
        shift: x, y by which the view has moved, in shares of the frame; boxes are moved back by it to the slots.
        ignored: (R, 4) xyxy in 0..1 of the frame, of things that are no vehicles, before the view moved.
    """
    given = detector.slots if slots is None else tuple(slots)
    height, width = image.shape[:2]
    low = FAINT_SHARE * min(detector.confidence, detector.slot_confidence)
    candidates, found = detector.before_and_after(image, low)
    mirrored = _mirrored(detector, image, low)
    raised = detector([raised_contrast(image)], low)[0]
    if ignored is not None and len(ignored):
        moved = ignored + np.array([*shift, *shift], np.float32)
        candidates, found, mirrored, raised = (
            without_ignored(one, moved, (width, height)) for one in (candidates, found, mirrored, raised)
        )
    model = detector.picture.learned(given).model if given else None
    back = -np.array([shift[0] * width, shift[1] * height] * 2, np.float32)
    readings, mirrored_readings, raised_readings = (
        _read(Detections(one.boxes + back, one.scores, one.labels), given, model, detector, (width, height))
        for one in (found, mirrored, raised)
    )
    return Look(
        candidates,
        found,
        mirrored,
        raised,
        readings,
        mirrored_readings,
        raised_readings,
        detector.confidence,
        (width, height),
    )


def raised_contrast(image: Image) -> Image:
    """A frame (H, W, 3) BGR with the contrast of each of its parts raised, colours as they were."""
    lab = cv2.cvtColor(image, cv2.COLOR_BGR2LAB)
    lab[..., 0] = cv2.createCLAHE(CLIP_LIMIT, TILES).apply(lab[..., 0])
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR), np.uint8)


def _mirrored(detector: Detector, image: Image, low: float) -> Detections:
    """Found on the frame whose part that the detector looks at is mirrored, boxes mirrored back."""
    left, _, right, _ = detector.fitted(image).window
    turned = image.copy()
    turned[:, left:right] = image[:, left:right][:, ::-1]
    return mirrored_back(detector([turned], low)[0], left + right)


def mirrored_back(found: Detections, width: int) -> Detections:
    """Boxes of a frame that was mirrored left to right, in pixels of the frame as it was; ``width`` is that of the
    frame, or the sum of both edges of the part that was mirrored.

    >>> mirrored_back(Detections.of([[1, 2, 3, 4]], [0.5]), 10).boxes.tolist()
    [[7.0, 2.0, 9.0, 4.0]]
    """
    boxes = found.boxes.copy()
    boxes[:, [0, 2]] = width - found.boxes[:, [2, 0]]
    return Detections(boxes, found.scores, found.labels)


def _read(
    found: Detections, slots: Sequence[Slot], model: SlotModel | None, detector: Detector, size: tuple[int, int]
) -> Mapping[str, SlotReading]:
    if not slots:
        return {}
    confidence = detector.slot_confidence
    readings = slot_rule(model, detector.crop)(found, slots, size, confidence=confidence)
    every = with_low_scores(readings, found, slots, size, model, confidence)
    return {slot: reading for slot, reading in every.items() if reading.state != "unknown"}

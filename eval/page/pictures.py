"""One held-out frame per camera with what each role got right and wrong on it, ready to be drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Detections, Frame, Image, VehicleTruth
from lotwise.datasets.images import read_image
from lotwise.eval.evaluation import box_truth, compared_roles
from lotwise.eval.evidence import Evidence
from lotwise.eval.metrics.matching import match
from lotwise.eval.protocols.slots import LabelledFrame, SlotRule, labelled_frames
from lotwise.eval.rows import Protocol, Role

Verdict = Literal["right", "false", "missed", "ignored", "unsure", "seen"]
"""``unsure``: a slot called unknown. ``seen``: a box behind a slot's state, judged by nobody."""

MAX_WIDTH = 1280
MAX_BYTES = 150_000


@dataclass(frozen=True)
class Mark:
    """One outline on a picture.

    Attributes:
        verdict: what to think of it.
        outline: (K, 2) float32 x, y in pixels of the original frame.
        label: a few characters to draw beside it, or empty.
        title: one sentence about it.
        solid: whether to fill it lightly: a slot that is called occupied.
    """

    verdict: Verdict
    outline: NDArray[np.float32]
    label: str
    title: str
    solid: bool = False


@dataclass(frozen=True)
class Picture:
    """One frame and the marks of each role on it.

    Attributes:
        camera: camera id.
        name: of the frame.
        width, height: of the original frame in pixels, the coordinates of the marks.
        jpeg: the picture, at most about 150 kB.
        marks: by role, in drawing order.
    """

    camera: str
    name: str
    width: int
    height: int
    jpeg: bytes
    marks: Mapping[Role, tuple[Mark, ...]]


def _read(frame: Frame) -> Image:
    return read_image(frame.path)


def draw_pictures(
    protocol: Protocol,
    evidence: Evidence,
    *,
    slot_rules: Mapping[str, SlotRule] | None = None,
    read: Callable[[Frame], Image] = _read,
) -> list[Picture]:
    """For each camera the frame with most to be found, judged at the deployed confidence of each role.

    Cameras without truth have no picture.

    Args:
        protocol: what serves as truth.
        evidence: the same that was evaluated.
        slot_rules: as for ``evaluate``.
        read: gives the pixels of a frame, (H, W, 3) BGR; to be passed where frames come from a video.

    Raises:
        UnreadableImage: a chosen frame cannot be read.
    """
    labelled = labelled_frames(evidence) if protocol == "slots" else {}
    truth = box_truth(protocol, evidence, labelled)
    pictures = []
    for camera in evidence.cameras:
        frames = [frame for frame in evidence.frames if frame.camera == camera and frame.name in truth]
        roles = [role for role in compared_roles(protocol, evidence) if evidence.covers(role, camera)]
        if not frames or not roles:
            continue
        frame = max(frames, key=lambda f: int((~truth[f.name].ignore).sum()))
        marks: dict[Role, tuple[Mark, ...]] = {}
        for role in roles:
            detections = evidence.predictions[role][frame.name]
            confidence = evidence.confidence[role][camera]
            if slot_rules is not None and frame.name in labelled:
                marks[role] = slot_marks(labelled[frame.name], detections, confidence, slot_rules[camera])
            else:
                marks[role] = box_marks(detections[detections.scores >= confidence], truth[frame.name])
        image = read(frame)
        height, width = image.shape[:2]
        pictures.append(Picture(camera, frame.name, width, height, small_jpeg(image), marks))
    return pictures


def box_marks(detections: Detections, truth: VehicleTruth) -> tuple[Mark, ...]:
    """Detections and vehicles of one frame by verdict; the errors last, so that they lie on top."""
    matching = match(detections, truth)
    marks = [
        Mark("ignored", corners(box), "", "region that nobody has labelled: what is found here does not count")
        for box in truth.boxes[truth.ignore]
    ]
    verdicts: tuple[tuple[Verdict, NDArray[np.bool_], str], ...] = (
        ("ignored", matching.ignored, "found in a region that nobody has labelled: does not count"),
        ("right", matching.right, "right: a vehicle it found"),
        ("false", matching.false, "false: no vehicle here, or one found twice or with a poor box"),
    )
    for verdict, chosen, title in verdicts:
        marks += [
            Mark(verdict, corners(box), f"{score:.2f}", f"{title} (score {score:.2f})")
            for box, score in zip(detections.boxes[chosen], detections.scores[chosen], strict=True)
        ]
    marks += [
        Mark("missed", corners(box), "", "missed: a vehicle it did not find") for box in truth.boxes[matching.missed]
    ]
    return tuple(marks)


def slot_marks(labelled: LabelledFrame, detections: Detections, confidence: float, rule: SlotRule) -> tuple[Mark, ...]:
    """Labelled slots of one frame by verdict over the boxes that led to it; the errors last."""
    readings = rule(detections, labelled.slots, labelled.size, confidence=confidence)
    seen = detections[detections.scores >= confidence]
    marks = [
        Mark("seen", corners(box), "", f"vehicle it saw (score {score:.2f})")
        for box, score in zip(seen.boxes, seen.scores, strict=True)
    ]
    slots = []
    for slot in labelled.slots:
        label = labelled.labels.get(slot.id)
        if label is None:
            continue
        state = readings[slot.id].state if slot.id in readings else "unknown"
        verdict: Verdict = "unsure" if state == "unknown" else "right" if state == label else "false"
        outline = (slot.polygon * np.array(labelled.size, np.float32)).astype(np.float32)
        title = f"slot {slot.id}: it says {state}, the label says {label}"
        slots.append(Mark(verdict, outline, slot.id, title, state == "occupied"))
    return (*marks, *sorted(slots, key=lambda mark: mark.verdict != "right"))


def corners(box: NDArray[np.float32]) -> NDArray[np.float32]:
    """(4,) xyxy -> (4, 2) x, y clockwise from the upper left."""
    x1, y1, x2, y2 = box
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)


def small_jpeg(image: Image) -> bytes:
    """JPEG of at most 1280 pixels across, at the best quality that stays below 150 kB."""
    height, width = image.shape[:2]
    if width > MAX_WIDTH:
        image = np.asarray(
            cv2.resize(image, (MAX_WIDTH, round(height * MAX_WIDTH / width)), interpolation=cv2.INTER_AREA),
            np.uint8,
        )
    for quality in (85, 75, 65, 55, 45, 35):
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= MAX_BYTES:
            break
    return data

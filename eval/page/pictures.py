"""The worst measured frame of each camera with what each role got right and wrong on it, ready to be drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.load import load
from lotwise.eval.evidence import Evidence
from lotwise.eval.marks import ERRORS, Mark
from lotwise.eval.protocols import JudgedFrame, Protocol
from lotwise.eval.rows import Role

MAX_WIDTH_PX = 1280
"""As wide as a report's page shows a picture on a screen of two pixels a point."""
MAX_BYTES = 150_000
"""Of one picture, so that the page of a lot with thirty cameras stays below 7 MB, which mail still takes."""
JPEG_QUALITIES = (85, 75, 65, 55, 45, 35)
"""Tried in turn until a picture is small enough."""


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


def draw_pictures(protocol: Protocol, evidence: Evidence, *, read: Callable[[Frame], Image] = load) -> list[Picture]:
    """For each camera the worst of its measured frames, judged at the deployed confidence of each role.

    The worst is the one with most errors of the live model, or of the student where it is not told what is live; of
    frames with as many, the one with most to be found.

    Cameras without truth have no picture.

    Args:
        protocol: what serves as truth.
        evidence: the same that was evaluated.
        read: gives the pixels of a frame, (H, W, 3) BGR.

    Raises:
        UnreadableImage: a chosen frame cannot be read.
    """
    judged = protocol.judged_frames(evidence)
    pictures = []
    for camera in evidence.cameras:
        frames = [frame for frame in evidence.frames if frame.camera == camera and frame.name in judged]
        roles = [role for role in protocol.roles(evidence) if evidence.covers(role, camera)]
        if not frames or not roles:
            continue
        judge = next((role for role in ("live", "student") if role in roles), roles[-1])
        # One frame's marks at a time: those of a whole month would not fit into memory.
        badness = [_badness(_marks(evidence, judged[frame.name], judge, frame), judged[frame.name]) for frame in frames]
        frame = frames[badness.index(max(badness))]
        marks = {role: _marks(evidence, judged[frame.name], role, frame) for role in roles}
        image = read(frame)
        height, width = image.shape[:2]
        pictures.append(Picture(camera, frame.name, width, height, small_jpeg(image), marks))
    return pictures


def _marks(evidence: Evidence, judged: JudgedFrame, role: Role, frame: Frame) -> tuple[Mark, ...]:
    return judged.marks(
        evidence.predictions[role][frame.name],
        evidence.confidence[role][frame.camera],
        evidence.reads_slots_from(role, frame.camera),
    )


def _badness(marks: Sequence[Mark], judged: JudgedFrame) -> tuple[int, int]:
    """Errors drawn on a frame, then how much was to be found there."""
    return sum(mark.verdict in ERRORS for mark in marks), int((~judged.truth.ignore).sum())


def small_jpeg(image: Image) -> bytes:
    """JPEG of at most 1280 pixels across, at the best quality that stays below 150 kB."""
    height, width = image.shape[:2]
    if width > MAX_WIDTH_PX:
        image = np.asarray(
            cv2.resize(image, (MAX_WIDTH_PX, round(height * MAX_WIDTH_PX / width)), interpolation=cv2.INTER_AREA),
            np.uint8,
        )
    for quality in JPEG_QUALITIES:
        data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
        if len(data) <= MAX_BYTES:
            break
    return data

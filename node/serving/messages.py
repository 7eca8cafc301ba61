"""What two nodes say to each other when one detects the other's frames.

``GET /api/v1/detection/C1`` gives the bundle that reads the camera here (:class:`Card`): its manifest, with thresholds
and slots, and the boxes that it carries. ``POST`` to the same path with a frame, as JPEG at the size of that bundle's
input, gives boxes: rows of five little-endian float32, x1, y1, x2, y2 in pixels of the input and the raw score, after
suppression, scores falling. What they mean in the frame, and of slots, the asking node works out as for a model of its
own.
"""

from __future__ import annotations

from typing import Literal
from urllib.parse import quote

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Base64Bytes, BaseModel, ConfigDict, Field

from lotwise.cameras.detection.bundle import Manifest
from lotwise.datasets.frame import Image
from lotwise.datasets.suppression import MAX_BOXES_PER_FRAME

PREFIX = "/api/v1/detection/"
FRAME_TYPE, BOXES_TYPE = "image/jpeg", "application/octet-stream"
BUNDLE = "Lotwise-Bundle"
"""Header with the identity of the bundle: that the asking node expects, and that has read the frame."""
SCORE = "Lotwise-Least-Score"
"""Header with the raw score under which no box is wanted."""
MAX_FRAME_BYTES = 4 << 20
"""Bytes of a frame: one of 1280x1280 pixels at quality 100 that is nothing but noise has less."""
MAX_CARD_BYTES = 64 << 20
_ROW = np.dtype("<f4")


class Card(BaseModel):
    """The bundle that reads a camera's frames.

    Attributes:
        manifest: whose hash is the bundle's identity, so that it vouches for itself and for the boxes.
        seen_boxes: file of the boxes that slots are learned from; None where the bundle has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    manifest: Manifest
    seen_boxes: Base64Bytes | None = Field(None)


def detection_path(camera: str) -> str:
    """Path under which a camera's frames are read."""
    return f"{PREFIX}{quote(camera, safe='')}"


def frame_bytes(image: Image, quality: int) -> bytes:
    """A picture, (H, W, 3) BGR, as JPEG."""
    good, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not good:
        raise ValueError("a picture that OpenCV cannot write as JPEG")
    return np.asarray(data).tobytes()


def boxes_bytes(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> bytes:
    """Boxes (N, 4) with scores (N,) as they travel."""
    return np.concatenate([boxes, scores[:, None]], axis=1).astype(_ROW).tobytes()


def read_boxes(data: bytes) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Boxes (N, 4) and scores (N,) that :func:`boxes_bytes` wrote.

    Raises:
        ValueError: it did not write this.
    """
    row = 5 * _ROW.itemsize
    if len(data) % row or len(data) > MAX_BOXES_PER_FRAME * row:
        raise ValueError(f"{len(data)} bytes are no boxes")
    rows = np.frombuffer(data, _ROW).reshape(-1, 5).astype(np.float32)
    if not np.isfinite(rows).all() or ((rows[:, 4] < 0) | (rows[:, 4] > 1)).any():
        raise ValueError("boxes that are no numbers, or scores outside of 0..1")
    return rows[:, :4], rows[:, 4]

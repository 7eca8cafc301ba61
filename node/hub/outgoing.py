"""A kept frame as it leaves the node: masks painted once more, no larger than the site file allows."""

from __future__ import annotations

import cv2
import numpy as np

from lotwise.cameras.site.hub import HubFrames
from lotwise.cameras.trust.new_frames import NewFrame
from lotwise.datasets.frame import Image, Masks
from lotwise.datasets.privacy_masks import painted

_END = b"\xff\xd9"


def outgoing_jpeg(frame: NewFrame, masks: Masks, settings: HubFrames) -> bytes | None:
    """The bytes that are sent of a frame; None where its file is no whole picture.

    A frame without masks that is small enough is sent as it was kept. The same file gives the same bytes each time.

    Raises:
        OSError: the file cannot be read.
    """
    kept = frame.file.read_bytes()
    if not kept.rstrip(b"\0").endswith(_END):  # a power cut left a part of it; OpenCV would fill in the rest
        return None
    image = cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        return None
    fitting = _fitting(np.asarray(image, np.uint8), settings.max_pixels)
    if not masks and fitting is image:
        return kept
    # Kept frames are painted already, but masks may have been drawn since.
    good, data = cv2.imencode(".jpg", painted(fitting, masks), [cv2.IMWRITE_JPEG_QUALITY, settings.quality])
    return np.asarray(data).tobytes() if good else None


def _fitting(image: Image, max_pixels: int | None) -> Image:
    height, width = image.shape[:2]
    if max_pixels is None or height * width <= max_pixels:
        return image
    scale = float(np.sqrt(max_pixels / (height * width)))
    size = max(int(width * scale), 1), max(int(height * scale), 1)
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)

"""A frame with the vehicles and slots that were found on it."""

from __future__ import annotations

import cv2
import numpy as np

from lotwise.cameras.detection.frame_result import FrameResult
from lotwise.datasets.frame import Image, Slot, SlotState

Colour = tuple[int, int, int]

# BGR, as on the node's pictures. Green and red differ in lightness too, for eyes that do not tell them apart.
SLOT_COLOURS: dict[SlotState, Colour] = {"free": (120, 230, 60), "occupied": (70, 70, 240), "unknown": (205, 205, 205)}
VEHICLE_COLOUR: Colour = (255, 225, 120)
DARK: Colour = (30, 26, 24)
FONT = cv2.FONT_HERSHEY_SIMPLEX
WIDTH_OF_FULL_TEXT_PX = 1600
"""Width of a frame on which text has OpenCV's size 0.7; on others it grows with the width, so that it looks the same
once the picture is shown at one size."""


def drawn(image: Image, result: FrameResult, slots: tuple[Slot, ...]) -> Image:
    """A new image of the same size: slots coloured by their state with their ids, vehicles with their scores.

    Args:
        image: (H, W, 3) BGR; left as it is.
        result: what was found on this image.
        slots: those that were read.
    """
    canvas = image.copy()
    height, width = image.shape[:2]
    size = float(np.clip(0.7 * width / WIDTH_OF_FULL_TEXT_PX, 0.3, 1.4))
    thickness = 2 if width >= 640 else 1
    for slot in slots:
        state: SlotState = result.readings[slot.id].state if slot.id in result.readings else "unknown"
        outline = np.round(slot.polygon * [width, height]).astype(np.int32)
        cv2.polylines(canvas, [outline], True, SLOT_COLOURS[state], thickness, cv2.LINE_AA)
        x, y = (outline.min(axis=0) + outline.max(axis=0)) // 2
        _text(canvas, slot.id, (int(x) - round(8 * size), int(y)), size, SLOT_COLOURS[state])
    for box, score in zip(result.detections.boxes, result.detections.scores, strict=True):
        x1, y1, x2, y2 = (round(float(side)) for side in box)
        cv2.rectangle(canvas, (x1, y1), (x2, y2), VEHICLE_COLOUR, thickness)
        label = f"{score:.2f}"
        if cv2.getTextSize(label, FONT, size, 1)[0][0] <= x2 - x1:  # a wider one would lie on the neighbours
            _text(canvas, label, (x1 + 2, max(y1 - 4, round(16 * size))), size, VEHICLE_COLOUR)
    return canvas


def _text(canvas: Image, text: str, at: tuple[int, int], size: float, colour: Colour) -> None:
    plain = text.encode("ascii", "replace").decode()  # OpenCV's fonts know no other letters
    cv2.putText(canvas, plain, at, FONT, size, DARK, 3, cv2.LINE_AA)
    cv2.putText(canvas, plain, at, FONT, size, colour, 1, cv2.LINE_AA)

"""Proposals drawn on a frame, for a person to look at before accepting them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from lotwise.cameras.site.slot_entry import SlotEntry, SlotStatus
from lotwise.datasets.frame import Image

COLOURS: dict[SlotStatus, tuple[int, int, int]] = {
    "accepted": (255, 255, 255),
    "proposed": (80, 220, 60),
    "inferred": (255, 190, 0),
    "seen once": (190, 190, 190),
    "in the way": (60, 60, 255),
    "never empty": (255, 60, 255),
    "rejected": (90, 90, 90),
}
"""BGR of each status; accepted slots are white."""
DASH_PX = 7
"""Length of the dashes around what is not proposed because of a car."""
LEGEND_HEIGHT_PX = 26
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def draw_proposals(image: Image, entries: Sequence[SlotEntry]) -> Image:
    """The frame (H, W, 3) BGR with all entries, proposed ones with full lines, and a legend below it."""
    height, width = image.shape[:2]
    # A little darker, so that lines stand out from white cars.
    drawn = np.asarray(image * 0.75, np.uint8)
    for entry in entries:
        corners = np.array(entry.polygon) * [width, height]
        colour = COLOURS[entry.status]
        if entry.status in ("accepted", "proposed"):
            cv2.polylines(drawn, [corners.round().astype(np.int32)], True, colour, 2, cv2.LINE_AA)
        else:
            for begin, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
                _dashed(drawn, begin, end, colour)
        if entry.status in ("accepted", "proposed", "inferred"):
            _label(drawn, entry.id, corners.mean(0), colour)
    return np.vstack([drawn, _legend(entries, width)])


def _dashed(image: Image, begin: np.ndarray, end: np.ndarray, colour: tuple[int, int, int]) -> None:
    pieces = max(int(np.linalg.norm(end - begin) / DASH_PX / 2), 1)
    for piece in range(pieces):
        one = begin + (end - begin) * piece / pieces
        other = begin + (end - begin) * (piece + 0.55) / pieces
        cv2.line(image, one.round().astype(int).tolist(), other.round().astype(int).tolist(), colour, 1, cv2.LINE_AA)


def _label(image: Image, text: str, middle: np.ndarray, colour: tuple[int, int, int]) -> None:
    (width, height), _ = cv2.getTextSize(text, _FONT, 0.36, 1)
    place = (round(float(middle[0]) - width / 2), round(float(middle[1]) + height / 2))
    cv2.putText(image, text, place, _FONT, 0.36, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(image, text, place, _FONT, 0.36, colour, 1, cv2.LINE_AA)


def _legend(entries: Sequence[SlotEntry], width: int) -> Image:
    legend = np.full((LEGEND_HEIGHT_PX, width, 3), 30, np.uint8)
    x = 8
    for status, colour in COLOURS.items():
        count = sum(entry.status == status for entry in entries)
        if count:
            text = f"{count} {status}"
            cv2.putText(legend, text, (x, 17), _FONT, 0.42, colour, 1, cv2.LINE_AA)
            x += cv2.getTextSize(text, _FONT, 0.42, 1)[0][0] + 18
    return legend

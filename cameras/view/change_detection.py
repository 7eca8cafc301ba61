"""Change detection: a frame that shows what the last detected one showed is not detected again.

With the values below none of 5605 real changes of a slot on CNR-EXT and PKLot was skipped, and 151 of 160 frames in
which nothing but noise, light and tremble changed were skipped (``benchmarks/view_health/measure.py``).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.site.change_detection import ChangeDetectionSettings
from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH, Thumbnail
from lotwise.datasets.frame import Slot

ChangeVerdict = Literal["first", "changed", "heartbeat", "same"]
"""Why a frame is detected; ``same`` is not."""

SLOT_MARGIN_PX = 1
"""Pixels of the thumbnail around each slot that are compared too: cars overhang, views sway."""
LIGHT_WINDOW_PX = 11
"""Side in pixels of the neighbourhood whose brightness and contrast are taken out of each pixel."""
NOISE_CONTRAST = 6.0
"""Grey levels (standard deviation) below which a neighbourhood holds noise rather than things."""
MIN_CHANGE_PX = 3
"""Side in pixels of the smallest area over which a change counts: what is smaller is noise."""


class ChangeDetector:
    """Decides for one camera which frames are detected.

    Args:
        settings: how much may change, and for how long, before a frame is detected.
        slots: only they are compared; where there are none, the whole view is.
    """

    def __init__(self, settings: ChangeDetectionSettings, slots: Sequence[Slot]) -> None:
        self._settings = settings
        self._compared = _compared(slots)
        self._before: tuple[NDArray[np.float32], datetime] | None = None

    def verdict(self, thumb: Thumbnail, taken: datetime, shift: tuple[float, float] = (0.0, 0.0)) -> ChangeVerdict:
        """Whether to detect a frame; ``same`` is not to.

        Args:
            thumb: :func:`lotwise.cameras.view.thumbnail` of the frame.
            taken: when the frame was taken.
            shift: by which the view, and so each slot, lies beside its place, as in :class:`ViewReport`.
        """
        if self._before is None:
            return "first"
        before, then = self._before
        if not self._settings.enabled or self._change(_unlit(thumb), before, shift) > self._settings.threshold:
            return "changed"
        # A clock that was set back must not silence the heartbeat for hours.
        return "same" if 0 <= (taken - then).total_seconds() < self._settings.heartbeat_s else "heartbeat"

    def detected(self, thumb: Thumbnail, taken: datetime) -> None:
        """This frame was detected: later ones are compared with it."""
        self._before = _unlit(thumb), taken

    def _change(self, now: NDArray[np.float32], before: NDArray[np.float32], shift: tuple[float, float]) -> float:
        right, down = round(shift[0] * WIDTH), round(shift[1] * HEIGHT)
        compared = np.roll(self._compared, (down, right), (0, 1)) if right or down else self._compared
        return float(cv2.blur(cv2.absdiff(now, before), (MIN_CHANGE_PX, MIN_CHANGE_PX))[compared].max(initial=0))


def _unlit(thumb: Thumbnail) -> NDArray[np.float32]:
    """A thumbnail with brightness and contrast of each neighbourhood taken out, (HEIGHT, WIDTH)."""
    grey = thumb.astype(np.float32)
    mean = cv2.blur(grey, (LIGHT_WINDOW_PX, LIGHT_WINDOW_PX))
    variance = np.maximum(cv2.blur(grey * grey, (LIGHT_WINDOW_PX, LIGHT_WINDOW_PX)) - mean * mean, 0)
    return np.asarray((grey - mean) / np.sqrt(variance + NOISE_CONTRAST * NOISE_CONTRAST), np.float32)


def _compared(slots: Sequence[Slot]) -> NDArray[np.bool_]:
    """Pixels of the thumbnail that belong to a slot or lie next to one; all where there are no slots."""
    if not slots:
        return np.ones((HEIGHT, WIDTH), np.bool_)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for slot in slots:
        corners = np.round(slot.polygon * (WIDTH, HEIGHT) * 16).astype(np.int32)  # in sixteenths of a pixel
        cv2.fillPoly(mask, [corners], 1, shift=4)
    return cv2.dilate(mask, np.ones((2 * SLOT_MARGIN_PX + 1, 2 * SLOT_MARGIN_PX + 1), np.uint8)) > 0

"""Frozen pictures: a stuck encoder sends one and the same picture, while a sensor's noise never repeats."""

from __future__ import annotations

from datetime import datetime

import cv2

from lotwise.cameras.view.thumbnail import Thumbnail

MAX_CHANGED_SHARE = 0.005
"""Share of pixels that may change in a frozen picture: a clock drawn into it goes on."""
MIN_PICTURES = 3
"""Equal pictures from which on one is frozen; in a folder of frames taken minutes apart two may be copies of one."""


class Stillness:
    """For how long one camera has given the same picture."""

    def __init__(self) -> None:
        self._first: tuple[Thumbnail, datetime] | None = None
        self._latest: datetime | None = None
        self._pictures = 0

    def seconds(self, thumb: Thumbnail, taken: datetime) -> float:
        """Seconds for which the picture has been the same, by the frames' own times; 0 where it has changed.

        A frame that is not newer than the one before, as in a folder that is read again, starts anew.
        """
        newer = self._latest is None or taken > self._latest
        self._latest = taken
        if self._first is None or not newer or _changed(thumb, self._first[0]):
            self._first, self._pictures = (thumb.copy(), taken), 1
            return 0.0
        self._pictures += 1
        return (taken - self._first[1]).total_seconds() if self._pictures >= MIN_PICTURES else 0.0


def _changed(a: Thumbnail, b: Thumbnail) -> bool:
    return cv2.countNonZero(cv2.absdiff(a, b)) > MAX_CHANGED_SHARE * a.size

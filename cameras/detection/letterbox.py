"""How a frame is fitted into a network's input and how boxes come back: one geometry for training and the edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Crop, Image

GREY = 114
"""Grey level beside a frame in the network's input: what YOLO was trained to see there."""


@dataclass(frozen=True)
class Letterbox:
    """Scale a frame, or a part of it, by one factor and centre it in the input.

    Attributes:
        frame: (width, height) of the original frame in pixels.
        input: (width, height) of the network's input in pixels.
        crop: the part of the frame that is looked at; all of it where None.
    """

    frame: tuple[int, int]
    input: tuple[int, int]
    crop: Crop | None = None

    @staticmethod
    def around(frame: tuple[int, int], size: int, stride: int = 32) -> Letterbox:
        """The smallest input, in multiples of the stride, whose longer side is ``size``.

        >>> Letterbox.around((1000, 750), 640).input
        (640, 480)
        >>> Letterbox.around((1280, 720), 640).input
        (640, 384)
        """
        scale = size / max(frame)
        width, height = (max(stride, -(-round(side * scale) // stride) * stride) for side in frame)
        return Letterbox(frame, (width, height))

    @property
    def window(self) -> tuple[int, int, int, int]:
        """Left, top, right and bottom of the part that is looked at, in pixels of the frame.

        >>> Letterbox((1000, 750), (320, 320), (0.25, 0.0, 0.75, 1.0)).window
        (250, 0, 750, 750)
        """
        width, height = self.frame
        if self.crop is None:
            return 0, 0, width, height
        left, top = min(round(self.crop[0] * width), width - 1), min(round(self.crop[1] * height), height - 1)
        return left, top, max(left + 1, round(self.crop[2] * width)), max(top + 1, round(self.crop[3] * height))

    @property
    def scale(self) -> float:
        width, height = self._seen
        return min(self.input[0] / width, self.input[1] / height)

    @property
    def offset(self) -> tuple[int, int]:
        """(left, top) border in input pixels."""
        width, height = self._scaled
        return (self.input[0] - width) // 2, (self.input[1] - height) // 2

    @property
    def _seen(self) -> tuple[int, int]:
        """(width, height) of the window in pixels of the frame."""
        left, top, right, bottom = self.window
        return right - left, bottom - top

    @property
    def _scaled(self) -> tuple[int, int]:
        width, height = self._seen
        return max(1, round(width * self.scale)), max(1, round(height * self.scale))

    @property
    def _move(self) -> NDArray[np.float32]:
        """What is added to boxes in scaled pixels of the frame to have them in input pixels."""
        (left, top), (window_left, window_top, _, _) = self.offset, self.window
        moved = np.array([left, top], np.float32) - np.array([window_left, window_top], np.float32) * np.float32(
            self.scale
        )
        return np.asarray(np.tile(moved, 2), np.float32)

    def image(self, frame: Image) -> Image:
        """(H, W, 3) frame -> (input height, input width, 3), same channel order."""
        size = self._scaled
        if self.crop is not None:
            left, top, right, bottom = self.window
            frame = frame[top:bottom, left:right]
        if (frame.shape[1], frame.shape[0]) != size:
            frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        if size == self.input:
            return np.ascontiguousarray(frame)
        left, top = self.offset
        right, bottom = self.input[0] - size[0] - left, self.input[1] - size[1] - top
        padded = cv2.copyMakeBorder(frame, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(GREY,) * 3)
        return np.asarray(padded, np.uint8)

    def to_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) xyxy in input pixels -> pixels of the original frame, cut where the network sees no more of it."""
        left, top, right, bottom = self.window
        moved = (boxes - self._move) / np.float32(self.scale)
        least, most = np.array([left, top] * 2, np.float32), np.array([right, bottom] * 2, np.float32)
        return np.asarray(np.clip(moved, least, most), np.float32)

    def part(self, window: tuple[int, int, int, int]) -> Crop:
        """Left, top, right, bottom in input pixels -> the same part of the original frame, in 0..1 of it.

        >>> Letterbox((1000, 500), (320, 160)).part((0, 80, 320, 160))
        (0.0, 0.5, 1.0, 1.0)
        """
        width, height = self.frame
        left, top, right, bottom = self.to_frame(np.array([window], np.float32))[0].tolist()
        return left / width, top / height, right / width, bottom / height

    def to_input(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) xyxy in pixels of the original frame -> input pixels; of a crop they may reach beyond it."""
        return np.asarray(boxes * np.float32(self.scale) + self._move, np.float32)

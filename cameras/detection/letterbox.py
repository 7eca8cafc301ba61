"""How a frame is fitted into a network's input and how boxes come back: one geometry for training and the edge."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Image

GREY = 114
"""Grey level beside a frame in the network's input: what YOLO was trained to see there."""


@dataclass(frozen=True)
class Letterbox:
    """Scale a frame by one factor and centre it in the input.

    Attributes:
        frame: (width, height) of the original frame in pixels.
        input: (width, height) of the network's input in pixels.
    """

    frame: tuple[int, int]
    input: tuple[int, int]

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
    def scale(self) -> float:
        return min(self.input[0] / self.frame[0], self.input[1] / self.frame[1])

    @property
    def offset(self) -> tuple[int, int]:
        """(left, top) border in input pixels."""
        width, height = self._scaled
        return (self.input[0] - width) // 2, (self.input[1] - height) // 2

    @property
    def _scaled(self) -> tuple[int, int]:
        return max(1, round(self.frame[0] * self.scale)), max(1, round(self.frame[1] * self.scale))

    def image(self, frame: Image) -> Image:
        """(H, W, 3) frame -> (input height, input width, 3), same channel order."""
        size = self._scaled
        if (frame.shape[1], frame.shape[0]) != size:
            frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        if size == self.input:
            return frame
        left, top = self.offset
        right, bottom = self.input[0] - size[0] - left, self.input[1] - size[1] - top
        padded = cv2.copyMakeBorder(frame, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(GREY,) * 3)
        return np.asarray(padded, np.uint8)

    def to_frame(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) xyxy in input pixels -> pixels of the original frame, clipped to it."""
        moved = (boxes - np.array(self.offset * 2, np.float32)) / np.float32(self.scale)
        return np.asarray(np.clip(moved, 0, np.array(self.frame * 2, np.float32)), np.float32)

    def to_input(self, boxes: NDArray[np.float32]) -> NDArray[np.float32]:
        """(N, 4) xyxy in pixels of the original frame -> input pixels."""
        return np.asarray(boxes * np.float32(self.scale) + np.array(self.offset * 2, np.float32), np.float32)

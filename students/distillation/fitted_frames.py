"""Frames at the size of the network's input, each decoded once for all who look at it while a student learns."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Crop, Frame, Image
from lotwise.datasets.load import LoadFrame, load

MAX_KEPT = 256
"""Frames that are kept, about 1 MB each at 640 pixels. Of a camera with more, the others are decoded each epoch."""


class FittedFrames:
    """Frames of one camera, and of others that it learns from, fitted to one input.

    Each epoch looks at all frames in another order. What was kept first stays: were the oldest given up for the
    newest, a camera with a few frames too many would decode most of them anew each epoch.
    """

    def __init__(
        self, input_size: tuple[int, int], read: LoadFrame = load, most: int = MAX_KEPT, crop: Crop | None = None
    ) -> None:
        """Take the size of the input.

        Args:
            input_size: (width, height) of the network's input.
            read: gives the pixels of a frame.
            most: frames that are kept.
            crop: the part of each frame that is fitted; all of it where None.
        """
        self.input_size, self.crop = input_size, crop
        self._read, self._most = read, most
        self._kept: dict[str, tuple[Image, Letterbox]] = {}
        self._lock = Lock()

    def whole(self, frame: Frame) -> Image:
        """The frame at its own size, (H, W, 3) BGR; its fitted form is kept, so that it need not be decoded again.

        Raises:
            UnreadableImage: it cannot be read whole.
        """
        image = self._read(frame)
        self._fit(frame, image)
        return image

    def __call__(self, frame: Frame) -> tuple[Image, Letterbox]:
        """The frame at the input's size, and how it was fitted.

        Raises:
            UnreadableImage: it cannot be read whole.
        """
        found = self._kept.get(frame.name)
        return found if found is not None else self._fit(frame, self._read(frame))

    def _fit(self, frame: Frame, image: Image) -> tuple[Image, Letterbox]:
        box = Letterbox((image.shape[1], image.shape[0]), self.input_size, self.crop)
        fitted = box.image(image), box
        with self._lock:
            if len(self._kept) < self._most:
                self._kept.setdefault(frame.name, fitted)
        return fitted


def input_size(sizes: Sequence[tuple[int, int]], longer_side: int) -> tuple[int, int]:
    """(width, height) of the input for frames of these (width, height): as the first one asks for.

    Frames of another shape are fitted in.
    """
    return Letterbox.around(sizes[0], longer_side).input

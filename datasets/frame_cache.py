"""Decoded frames of one process within a number of bytes, so that its stages need not decode each frame anew."""

from __future__ import annotations

from threading import Lock

from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.stamp import Stamp, stamp_of

DEFAULT_BYTES = 128 << 20
"""Bytes of pixels that are held by default: 36 frames of 1280 x 960. All 54 frames of the demo fit, whose run takes
1.3 GB (benchmarks/pipeline/decodes.py)."""


class FrameCache:
    """Gives the pixels of a frame as :func:`lotwise.datasets.load.load` does, from memory where they are held.

    Stages go through the frames of one camera after another, in the same order each time. So frames of other
    cameras give way to those of the camera at hand, and of one camera those that came first stay: were the oldest
    given up for the newest, a camera with one frame too many would find none of its frames the second time.
    """

    def __init__(self, most_bytes: int = DEFAULT_BYTES, read: LoadFrame = load) -> None:
        """An empty cache.

        Args:
            most_bytes: of pixels that are held.
            read: gives the pixels of a frame that is not held.
        """
        self._most, self._read = most_bytes, read
        self._held: dict[tuple[str, str, Stamp | None], Image] = {}
        self._bytes = 0
        self._lock = Lock()

    def __call__(self, frame: Frame) -> Image:
        """Pixels of a frame, (H, W, 3) BGR, not to be written into.

        Raises:
            UnreadableImage: they cannot be read whole.
        """
        # By what the file is now: a frame that was replaced on disk is decoded again.
        key = (frame.camera, f"{frame.path}#{frame.index}", stamp_of(frame))
        with self._lock:
            held = self._held.get(key)
        if held is not None:
            return held
        image = self._read(frame)
        image.flags.writeable = False
        with self._lock:
            self._hold(key, image)
        return image

    def _hold(self, key: tuple[str, str, Stamp | None], image: Image) -> None:
        if key in self._held:
            return
        others = iter([other for other in self._held if other[0] != key[0]])
        while self._bytes + image.nbytes > self._most and (other := next(others, None)) is not None:
            self._bytes -= self._held.pop(other).nbytes
        if self._bytes + image.nbytes <= self._most:
            self._held[key] = image
            self._bytes += image.nbytes

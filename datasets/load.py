"""The pixels of a frame, wherever it lies."""

from __future__ import annotations

from collections.abc import Callable

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.images import Reduction, read_image, reduced
from lotwise.datasets.privacy_masks import painted
from lotwise.datasets.video_file import read_video_frame

LoadFrame = Callable[[Frame], Image]
"""From a frame to its pixels: :func:`load`, or a cache in front of it."""


def load(frame: Frame, reduction: Reduction = 1) -> Image:
    """Pixels of a frame from its image file or its video, (H, W, 3) BGR, with its privacy masks painted.

    Args:
        frame: where they lie.
        reduction: divides each side. A JPEG is decoded faster then; all other frames take less memory.

    Raises:
        UnreadableImage: they cannot be read whole; callers skip the frame, count it and report it.
    """
    return painted(_pixels(frame, reduction), frame.masks)


def _pixels(frame: Frame, reduction: Reduction) -> Image:
    if frame.index is None:
        return read_image(frame.path, reduction)
    try:
        return reduced(read_video_frame(frame.path, frame.index), reduction)
    except UnreadableImage:
        raise
    except InputError as error:
        raise UnreadableImage(str(error)) from error

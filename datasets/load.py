"""The pixels of a frame, wherever it lies."""

from __future__ import annotations

from datasets.errors import InputError, UnreadableImage
from datasets.frame import Frame, Image
from datasets.images import read_image
from datasets.video import read_video_frame


def load(frame: Frame) -> Image:
    """Pixels of a frame from its image file or its video, (H, W, 3) BGR.

    Raises:
        UnreadableImage: they cannot be read whole; callers skip the frame, count it and report it.
    """
    if frame.index is None:
        return read_image(frame.path)
    try:
        return read_video_frame(frame.path, frame.index)
    except UnreadableImage:
        raise
    except InputError as error:
        raise UnreadableImage(str(error)) from error

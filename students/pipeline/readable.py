"""Those of a camera's frames that can still be read; the others were told of when they were labelled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.load import LoadFrame, load


def readable_frames(frames: Iterable[Frame], read: LoadFrame = load) -> Iterator[tuple[Frame, Image]]:
    """The frames that can be read and their pixels, one at a time."""
    for frame in frames:
        try:
            image = read(frame)
        except UnreadableImage:
            continue
        yield frame, image


def readable(frames: Iterable[Frame], read: LoadFrame = load) -> Iterator[Image]:
    """Pixels of the frames that can be read, one at a time."""
    return (image for _, image in readable_frames(frames, read))

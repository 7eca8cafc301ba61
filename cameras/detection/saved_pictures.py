"""Pictures with what was found on them, saved into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2

from lotwise.cameras.detection.drawing import drawn
from lotwise.cameras.detection.frame_result import FrameReader, FrameResult
from lotwise.cameras.detection.stored_frames import StoredFrame
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.datasets.whole_file import write_whole

JPEG_QUALITY = 90
"""Of 100, for pictures with boxes: lines of one pixel stay sharp. Chosen by eye."""


class SavedPictures:
    """A folder of pictures with what was found on them, named as the pictures themselves.

    Two pictures of one name that were named by themselves lie in folders of different names; so do they here.
    """

    def __init__(self, folder: Path, frames: Sequence[StoredFrame] = ()) -> None:
        """Where pictures go.

        Args:
            folder: made where it is missing.
            frames: those that will be saved.

        Raises:
            InputError: a picture would overwrite one of those it is made of, or another one.
        """
        self._folder = folder
        owners: dict[Path, Path] = {}
        for stored in frames:
            path, source = self._path(stored.below), stored.frame.path
            if owners.setdefault(path, source) != source:
                raise InputError(
                    f"{path}: would be the picture of {owners[path]} and of {source}; give the folder above both"
                )
            if stored.frame.index is None and path.resolve() == source.resolve():
                raise InputError(f"--save {folder}: {source} would be overwritten; give another folder")

    def has(self, below: Path) -> bool:
        """Whether the picture was saved before."""
        return self._path(below).is_file()

    def write(self, below: Path, image: Image, result: FrameResult, reader: FrameReader) -> None:
        """Save one picture, whole or not at all.

        Raises:
            InputError: it cannot be written.
        """
        path = self._path(below)
        data = cv2.imencode(".jpg", drawn(image, result, reader.slots), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, data.tobytes(), sync=False)
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror}); mend that and run again") from error

    def _path(self, below: Path) -> Path:
        return self._folder / below.parent / f"{below.name}.jpg"

"""YOLO text files of detections with their scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.whole_file import write_whole


def write_yolo(
    folder: Path, frames: Sequence[Frame], sizes: Sequence[tuple[int, int]], detections: Sequence[Detections]
) -> list[Path]:
    """Write one ``.txt`` a frame with lines ``class cx cy w h score`` in 0..1; empty where nothing was found.

    The files lie below ``folder`` under the frames' names, whose suffix becomes ``.txt``.

    Args:
        folder: where to write; made where absent.
        frames: N frames.
        sizes: N pairs of width and height in pixels.
        detections: N sets of boxes in pixels of their frame.

    Raises:
        InputError: two frames would share one file, or a file cannot be written.
    """
    targets = [folder / text_name(frame) for frame in frames]
    if len(set(targets)) < len(targets):
        twice = next(target for target in targets if targets.count(target) > 1)
        raise InputError(f"{twice}: two frames would be written to this file; rename one of the images")
    for target, (width, height), found in zip(targets, sizes, detections, strict=True):
        scale = np.array([width, height, width, height], np.float64)
        x1, y1, x2, y2 = (found.boxes / scale).T
        columns = np.stack([(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1, found.scores], axis=1)
        lines = [
            f"{label} " + " ".join(f"{value:.6f}" for value in row) + "\n"
            for label, row in zip(found.labels, columns, strict=True)
        ]
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            write_whole(target, "".join(lines).encode())
        except OSError as error:
            raise InputError(f"{target}: cannot be written ({error.strerror}); choose another folder") from error
    return targets


def text_name(frame: Frame) -> PurePosixPath:
    """File name of a frame's labels. A frame of a video keeps its whole name, which ends in its number.

    >>> str(text_name(Frame("C1", "entrance/0709.jpg", Path("entrance/0709.jpg"))))
    'entrance/0709.txt'
    >>> str(text_name(Frame("C1", "entrance.mp4#000025", Path("entrance.mp4"), index=25)))
    'entrance.mp4#000025.txt'
    """
    name = PurePosixPath(frame.name)
    if name.is_absolute() or ".." in name.parts:
        raise InputError(f"frame {frame.name}: its name leads out of the folder that is written; rename it")
    return name.with_suffix(".txt") if frame.index is None else PurePosixPath(f"{name}.txt")

"""The frames that paths, patterns and videos name, for running a model on them."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.image_files import IMAGE_SUFFIXES, VIDEO_SUFFIXES, all_files, unread_notes, with_suffix
from lotwise.datasets.readers.video import every_video_frame, video_frames

PATTERN_CHARACTERS = "*?["


@dataclass(frozen=True)
class StoredFrame:
    """A picture file or a frame of a video.

    Attributes:
        frame: where its pixels are; its name is the path, for a video with ``#`` and the frame's number.
        below: its path below the folder that was named; its file name where it was named itself. With a number for
            a video's frame, and without an ending.
    """

    frame: Frame
    below: Path


def stored_frames(sources: Sequence[str], every_s: float | None = None) -> tuple[list[StoredFrame], list[str]]:
    """All pictures and frames of videos of these sources, each file once, and notes on what was left out.

    Args:
        sources: picture files, videos, folders of both, or patterns such as ``frames/*.jpg`` and ``**/*.png``.
        every_s: seconds between two frames of a video; every frame where None.

    Raises:
        InputError: a path does not exist, a pattern matches nothing, a video cannot be read, or nothing is there.
    """
    files: dict[Path, Path] = {}
    notes: list[str] = []
    for source in sources:
        for named in _matches(source):
            found = all_files(named)
            if named.is_dir():
                notes += unread_notes(found)
                found = with_suffix(found, (*IMAGE_SUFFIXES, *VIDEO_SUFFIXES))
            for file in found:
                files.setdefault(file, file.relative_to(named) if named.is_dir() else Path(file.name))
    frames = []
    for file, below in files.items():
        if file.suffix.lower() in VIDEO_SUFFIXES:
            taken = (
                video_frames(file, "", every_s, name=str(file)) if every_s else every_video_frame(file, "", str(file))
            )
            for frame in taken:
                frames.append(StoredFrame(frame, below.with_name(f"{below.stem}_{frame.index:06d}")))
        else:
            frames.append(StoredFrame(Frame("", str(file), file), below.with_suffix("")))
    if not frames:
        raise InputError(f"{sources[0]}: no image found; give pictures, videos or folders of them")
    return frames, notes


def _matches(source: str) -> list[Path]:
    path = Path(source)
    if path.exists() or not any(character in source for character in PATTERN_CHARACTERS):
        return [path]
    found = sorted(map(Path, glob.glob(source, recursive=True)))
    if not found:
        raise InputError(f"{source}: no file matches this pattern")
    return found

"""Frames taken of video files, one every so many seconds of the recording, and what a user is told of that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.timestamps import parse_time
from lotwise.datasets.video_file import read_video_frame, video_times

LONGEST_PAUSE_S = 60.0
"""Seconds between two frames of a long recording: parked cars change no faster."""
SHORT_CLIP_FRAMES = 64
"""Frames that are tried of a recording too short to give as many at :data:`LONGEST_PAUSE_S`: an hour."""
MAX_TRIES_A_FRAME = 10
"""A recording asked for more often than so many times a frame gives all its frames; the list of moments would else
outgrow the memory."""
THINNED_FRAMES = 2000
"""Frames of the longest clip that is searched for change: to search is to decode most of it, each time it is opened."""
CHANGED_LEVELS = 3.0
"""Grey levels by which some block of the thumbnail differs where something has changed. A sensor's noise and a codec's
flicker stay under 1 there, a car that came or left in a far row reaches 10."""
_THUMBNAIL = (64, 48)  # width and height, pixels
_BLOCKS = (16, 12)  # columns and rows that a thumbnail is compared in


@dataclass(frozen=True)
class VideoSample:
    """What was taken of a video.

    Attributes:
        frames: in order of time.
        total: how many frames it has.
        every_s: seconds between two that were tried.
        thinned: whether some were left out because nothing had changed in them.
    """

    frames: tuple[Frame, ...]
    total: int
    every_s: float
    thinned: bool = False


def video_frames(
    path: Path, camera: str, every_s: float | None = None, limit: int | None = None, name: str | None = None
) -> tuple[Frame, ...]:
    """The frames of :func:`sample_video`."""
    return sample_video(path, camera, every_s, limit, name).frames


def sample_video(
    path: Path,
    camera: str,
    every_s: float | None = None,
    limit: int | None = None,
    name: str | None = None,
    month_first: bool = False,
) -> VideoSample:
    """Frames of a video, one every so many seconds from its first frame on.

    Args:
        path: video file.
        camera: id that the frames get.
        every_s: seconds of the recording between two of them, nearest frames taken. None for a choice by length and
            change: every :data:`LONGEST_PAUSE_S`, or as often as gives :data:`SHORT_CLIP_FRAMES` of a shorter one;
            of a clip of at most :data:`THINNED_FRAMES` without those that show what the one before shows.
        limit: most frames to take; None for all.
        name: how the video is called in the frames' names ``<name>#<number>``; its file name where None.
        month_first: whether a date such as ``01-02-2024`` in its name begins with the month.

    Raises:
        InputError: the file is no video that can be read, or ``every_s`` is not above 0.
    """
    if every_s is not None and not every_s > 0:
        raise InputError(f"{path}: every_s is {every_s}; give a number of seconds above 0")
    seconds = video_times(path).seconds
    whole = float(seconds[-1])
    pause = every_s if every_s is not None else min(LONGEST_PAUSE_S, whole / (SHORT_CLIP_FRAMES - 1))
    if 0 < pause * MAX_TRIES_A_FRAME * len(seconds) < whole:
        numbers = list(range(len(seconds)))
    else:
        numbers = _nearest(seconds, np.arange(0, whole + 1e-6, pause) if pause > 0 else np.zeros(1))
    tried = len(numbers)
    if every_s is None and pause < LONGEST_PAUSE_S and len(seconds) <= THINNED_FRAMES:
        numbers = _changing(path, numbers)
    frames = _frames(path, camera, name, seconds, numbers[:limit], month_first)
    return VideoSample(frames, len(seconds), pause, len(numbers) < tried)


def every_video_frame(path: Path, camera: str, name: str | None = None) -> tuple[Frame, ...]:
    """All frames of a video.

    Args:
        path: video file.
        camera: id that the frames get.
        name: how the video is called in the frames' names; its file name where None.

    Raises:
        InputError: the file is no video that can be read.
    """
    seconds = video_times(path).seconds
    return _frames(path, camera, name, seconds, range(len(seconds)))


def video_notes(samples: Mapping[str, Sequence[VideoSample]]) -> list[str]:
    """A sentence for each camera on how many frames were taken of its videos.

    Args:
        samples: by camera id.
    """
    notes = []
    for camera, of_camera in samples.items():
        taken, total = sum(len(one.frames) for one in of_camera), sum(one.total for one in of_camera)
        pauses = sorted({f"{one.every_s:.3g}" for one in of_camera}, key=float)
        every = pauses[0] if len(pauses) == 1 else f"{pauses[0]} to {pauses[-1]}"
        videos = "its video" if len(of_camera) == 1 else f"its {len(of_camera)} videos"
        alike = ", without those in which nothing changed" if any(one.thinned for one in of_camera) else ""
        notes.append(
            f"{camera}: {taken} of {total} frames of {videos} taken, one every {every} s{alike}; every_s sets the pause"
        )
    return notes


def _frames(
    path: Path,
    camera: str,
    name: str | None,
    seconds: NDArray[np.float64],
    numbers: Iterable[int],
    month_first: bool = False,
) -> tuple[Frame, ...]:
    start = parse_time(path, month_first)
    return tuple(
        Frame(
            camera,
            f"{name or path.name}#{number:06d}",
            path,
            start + timedelta(seconds=float(seconds[number])) if start else None,
            number,
        )
        for number in numbers
    )


def _nearest(seconds: NDArray[np.float64], wanted: NDArray[np.float64]) -> list[int]:
    """Numbers of the frames nearest to these moments, none twice; of two equally near ones the earlier."""
    after = np.searchsorted(seconds, wanted).clip(1, max(len(seconds) - 1, 1))
    if len(seconds) == 1:
        return [0]
    earlier = wanted - seconds[after - 1] <= seconds[after] - wanted + 1e-9
    numbers: list[int] = np.unique(np.where(earlier, after - 1, after)).tolist()
    return numbers


def _changing(path: Path, numbers: list[int]) -> list[int]:
    """Those frames that differ from the one kept before; frames that cannot be decoded stay, to be reported."""
    kept: list[int] = []
    before: NDArray[np.float32] | None = None
    for number in numbers:
        try:
            now = _thumbnail(read_video_frame(path, number))
        except UnreadableImage:
            kept.append(number)
            continue
        if before is None or _change(now, before) > CHANGED_LEVELS:
            kept.append(number)
            before = now
    return kept


def _thumbnail(image: Image) -> NDArray[np.float32]:
    small = cv2.resize(image, _THUMBNAIL, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)


def _change(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Largest mean difference of a block, grey levels."""
    return float(cv2.resize(np.abs(one - other), _BLOCKS, interpolation=cv2.INTER_AREA).max())

"""A video file: when each of its frames is shown, and the pixels of one frame by its number.

Frames are numbered by their presentation times, which every packet carries, never by a frame rate: many recordings have
a varying one, and some claim one that they do not have.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Image

if TYPE_CHECKING:
    import av

# PyAV is imported where a film is read: a node without films need not load FFmpeg's libraries.

_MAX_FRAMES_READ_ON = 50
"""Frames ahead up to which all frames in between are decoded; beyond, the nearest key frame is sought first. Chosen,
not measured: cameras send a key frame every one or two seconds, so that a search decodes up to about as many."""


@dataclass(frozen=True)
class VideoTimes:
    """When the frames of a video are shown.

    Attributes:
        stamps: (N,) presentation times in the stream's own unit, rising; None where the file carries none, as raw
            streams do: such frames are found by counting.
        seconds: (N,) the same in seconds from the first frame on.
    """

    stamps: NDArray[np.int64] | None
    seconds: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.seconds)


def video_times(path: Path) -> VideoTimes:
    """Times of all frames, from the packets alone where they carry them: nothing is decoded then.

    Raises:
        InputError: the file is no video that can be read.
    """
    stat = _stat(path)
    return _times(path, stat.st_mtime_ns, stat.st_size)


def read_video_frame(path: Path, index: int) -> Image:
    """Frame ``index`` (from 0) of a video, (H, W, 3) BGR, turned as the file says. Fast in ascending order.

    Raises:
        InputError: the file is no video that can be read.
        UnreadableImage: the video has no such frame, or it cannot be decoded.
    """
    stat = _stat(path)
    # Decoders survive neither a fork nor use by two threads at once, so each has its own.
    return _reader(path, stat.st_mtime_ns, stat.st_size, os.getpid(), threading.get_ident()).read(index)


class VideoReader:
    """An open video that knows which frame it decoded last.

    Args:
        path: the file.
        threaded: whether its decoder may use several threads, each of which keeps pictures of its own.

    Raises:
        InputError: the file is no video that can be read.
    """

    def __init__(self, path: Path, threaded: bool = True) -> None:
        self._path = path
        self._threads = "AUTO" if threaded else "NONE"
        self._times = video_times(path)
        self._container: Any = None
        self._decoded: Iterator[av.VideoFrame] = iter(())
        self._last = -1  # number of the frame decoded last; the next one comes by reading on

    def close(self) -> None:
        if self._container is not None:
            self._container.close()
        self._container = None

    def read(self, index: int) -> Image:
        """Frame ``index`` (from 0), (H, W, 3) BGR.

        Raises:
            UnreadableImage: the video has no such frame, or it cannot be decoded.
        """
        if not 0 <= index < len(self._times):
            raise UnreadableImage(f"{self._path}: frame {index} cannot be decoded; the video has {len(self._times)}")
        from av.error import FFmpegError

        ahead = index - self._last
        try:
            if self._container is None or not 0 < ahead <= _MAX_FRAMES_READ_ON:
                self._seek(index)
            image = self._read_on(index)
            if image is None and self._times.stamps is not None:
                # In a transport stream a search ends behind the key frame that was looked for: read from the start.
                self._seek(None)
                image = self._read_on(index)
        except (FFmpegError, OSError):
            image = None
        if image is None:
            self.close()
            raise UnreadableImage(f"{self._path}: frame {index} cannot be decoded; the video may be cut short")
        return image

    def _seek(self, index: int | None) -> None:
        """Go before a frame; to the start where None, or where frames can only be counted."""
        stamps = self._times.stamps
        if self._container is None or stamps is None or index is None:
            self.close()
            self._container = _open(self._path)
            self._container.streams.video[0].thread_type = self._threads
        stream = self._container.streams.video[0]
        if stamps is not None and index is not None:
            self._container.seek(int(stamps[index]), stream=stream, backward=True)
        self._decoded = self._container.decode(stream)
        self._last = -1

    def _read_on(self, index: int) -> Image | None:
        """Decode up to a frame; None where it does not come."""
        stamps = self._times.stamps
        for frame in self._decoded:
            if stamps is None:
                self._last += 1
            elif frame.pts is None:
                continue
            else:
                self._last = int(np.searchsorted(stamps, frame.pts))
            if self._last == index and (stamps is None or frame.pts == stamps[index]):
                return None if frame.is_corrupt else _pixels(frame)
            if self._last > index:
                return None
        return None


def _pixels(frame: av.VideoFrame) -> Image:
    image = frame.to_ndarray(format="bgr24")
    return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90) % 4))


@lru_cache(maxsize=64)
def _times(path: Path, changed_ns: int, size: int) -> VideoTimes:
    from av.error import FFmpegError

    with _open(path) as container:
        stream = container.streams.video[0]
        stamps: list[int | None] = []
        with suppress(FFmpegError, OSError):  # a file cut short: what came before it counts
            for packet in container.demux(stream):
                if packet.size and not packet.is_discard:
                    stamps.append(packet.pts)
        rising = np.unique(np.array([stamp for stamp in stamps if stamp is not None], np.int64))
        unit = float(stream.time_base or 1)
    if not stamps:
        raise InputError(f"{path}: video without frames; convert it to MP4 (H.264)")
    return _counted(path) if None in stamps else VideoTimes(rising, (rising - rising[0]) * unit)


def _counted(path: Path) -> VideoTimes:
    """Times of a video whose packets carry none, by counting its frames."""
    from av.error import FFmpegError

    with _open(path) as container:
        stream = container.streams.video[0]
        count = 0
        with suppress(FFmpegError, OSError):
            for _ in container.decode(stream):
                count += 1
        rate = float(stream.average_rate or stream.base_rate or 25)
    if not count:
        raise InputError(f"{path}: video of which no frame can be decoded; convert it to MP4 (H.264)")
    return VideoTimes(None, np.arange(count) / rate)


@lru_cache(maxsize=4)
def _reader(path: Path, changed_ns: int, size: int, process: int, thread: int) -> VideoReader:
    return VideoReader(path)


def _stat(path: Path) -> os.stat_result:
    if not path.is_file():
        raise InputError(f"{path}: no such video file")
    return path.stat()


def _open(path: Path) -> Any:
    import av
    from av.error import FFmpegError

    try:
        container = av.open(str(path), metadata_errors="replace")  # titles in another encoding than UTF-8
    except (FFmpegError, OSError) as error:
        raise InputError(f"{path}: not a video that can be read; convert it to MP4 (H.264)") from error
    if not container.streams.video:
        container.close()
        raise InputError(f"{path}: not a video that can be read: no pictures in it; convert it to MP4 (H.264)")
    return container

"""Plain folders of images and videos, without any truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Frame
from lotwise.datasets.image_files import IMAGE_SUFFIXES, VIDEO_SUFFIXES, all_files, unread_notes, with_suffix
from lotwise.datasets.readers.common.camera_id import camera_of, select_cameras
from lotwise.datasets.readers.common.date_order import date_orders, untimed_notes
from lotwise.datasets.readers.video import VideoSample, sample_video, video_notes
from lotwise.datasets.timestamps import before_time, parse_time

_SAME_BEGINNING = 2
"""Pictures whose names begin alike before their time, for that to be a way of naming them."""


def read_folder(root: Path, cameras: Sequence[str] | None = None, every_s: float | None = None) -> Dataset:
    """Frames of a folder, whatever its layout.

    Each sub-folder is a camera, with all that lies below it; folders named by year, month, day or hour are none.
    Images directly in the root form one camera named like the root. A video directly in the root is of the
    camera that its name tells, without the time in it: recordings of one camera are one. A video in a sub-folder
    belongs to that folder's camera.

    Args:
        root: the folder, or one video.
        cameras: ids; None for all.
        every_s: seconds between two frames taken of a video; None for a choice by its length and change.

    Raises:
        InputError: no such folder, nothing in it, or an asked camera without frames.
    """
    if not root.exists():
        raise InputError(f"{root}: no such folder or video; give a folder of images or videos, or a video")
    frames: list[Frame] = []
    notes: list[str] = []
    samples: dict[str, list[VideoSample]] = {}
    beginnings: dict[str, Counter[str]] = defaultdict(Counter)
    files = all_files(root)
    given, root = root, root.parent if root.is_file() else root
    members = [(path, _camera(path, root)) for path in with_suffix(files, IMAGE_SUFFIXES + VIDEO_SUFFIXES)]
    of_camera: dict[str, list[PurePath]] = defaultdict(list)
    for path, camera in members:
        of_camera[camera].append(path.relative_to(root))
    month_first, order_notes = date_orders(of_camera)
    for path, camera in members:
        relative = path.relative_to(root)
        if path.suffix.lower() in IMAGE_SUFFIXES:
            frames.append(Frame(camera, relative.as_posix(), path, parse_time(relative, month_first[camera])))
            if (before := before_time(path.name)) != path.stem:
                beginnings[camera][before] += 1
            continue
        try:
            sample = sample_video(path, camera, every_s, name=relative.as_posix(), month_first=month_first[camera])
        except InputError as error:
            notes.append(str(error))
        else:
            frames += sample.frames
            samples.setdefault(camera, []).append(sample)
    notes += [
        *order_notes,
        *untimed_notes(frames),
        *_mixed_notes(beginnings),
        *video_notes(samples),
        *unread_notes(files),
    ]
    if not frames and notes:
        raise InputError(notes[0] if str(given) in notes[0] else f"{given}: {notes[0]}")
    return Dataset("folder", root, select_cameras(frames, cameras, given), notes=tuple(notes))


def _camera(path: Path, root: Path) -> str:
    """Camera of a picture or video, as :func:`read_folder` tells them apart."""
    camera = camera_of(path.relative_to(root), root, structure=frozenset())
    video_in_root = path.parent == root and path.suffix.lower() in VIDEO_SUFFIXES
    return before_time(path.name) or camera if video_in_root else camera


def _mixed_notes(beginnings: Mapping[str, Counter[str]]) -> list[str]:
    """A sentence for each camera whose pictures' names begin in several ways, as where several cameras upload there."""
    notes = []
    for camera, counts in beginnings.items():
        often = sorted(name for name, count in counts.items() if count >= _SAME_BEGINNING and name)
        if len(often) > 1:
            notes.append(
                f"{camera}: names of its pictures begin with {', '.join(often[:4])}; if those are several cameras, "
                "give each a folder of its own"
            )
    return notes

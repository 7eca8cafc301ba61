"""The file of a camera's seen boxes: the teacher's in its bundle, its student's in a node's state folder."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import numpy as np

from lotwise.cameras.slots.seen_boxes import MAX_BOXES_PER_FRAME, FrameBoxes, SeenBoxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.whole_file import write_whole

SEEN_BOXES = "seen_boxes.npz"
"""Name of the file in a bundle."""
_VERSION = 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNKNOWN_TIME = np.iinfo(np.int64).min
_MAX_FRAMES = 100_000  # of a file; one that claims more is none of ours


def write_seen_boxes(path: Path, seen: SeenBoxes, sync: bool = True) -> None:
    """Write the file whole or not at all; the same boxes give the same bytes.

    Raises:
        OSError: it cannot be written.
    """
    names = sorted({frame.by for frame in seen.frames})
    times = [_UNKNOWN_TIME if frame.taken is None else _micros(frame.taken) for frame in seen.frames]
    file = io.BytesIO()
    np.savez_compressed(
        file,
        version=_VERSION,
        size=np.array(seen.size, np.int32),
        boxes=np.concatenate([np.zeros((0, 4), np.uint16), *(frame.boxes for frame in seen.frames)]),
        scores=np.concatenate([np.zeros(0, np.uint16), *(frame.scores for frame in seen.frames)]),
        counts=np.array([len(frame.boxes) for frame in seen.frames], np.int32),
        taken=np.array(times, np.int64),
        by=np.array([names.index(frame.by) for frame in seen.frames], np.int32),
        names=np.array(names, np.str_),
        view=np.array(seen.view, np.str_),
        moved_under=np.array(seen.moved_under, np.str_),
    )
    write_whole(path, file.getvalue(), sync)


def read_seen_boxes(path: Path) -> SeenBoxes | None:
    """What :func:`write_seen_boxes` wrote; None where there is no file.

    Raises:
        InputError: the file cannot be read, or holds something else.
    """
    try:
        with path.open("rb") as file:
            return parse_seen_boxes(file, str(path))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); let the node's user read it") from error


def parse_seen_boxes(file: BinaryIO, name: str) -> SeenBoxes:
    """What :func:`write_seen_boxes` wrote, from an open file or from memory.

    Args:
        file: its content.
        name: what it is called in errors.

    Raises:
        InputError: it holds something else.
    """
    try:
        with np.load(file, allow_pickle=False) as kept:
            return _parsed({name: kept[name] for name in kept.files})
    except Exception as error:  # a damaged archive raises whatever its bytes happen to mean to NumPy
        raise InputError(f"{name}: not a file of seen boxes; delete it, and boxes are collected anew") from error


def _parsed(kept: dict[str, np.ndarray]) -> SeenBoxes:
    boxes, scores, counts, taken, by = (kept[name] for name in ("boxes", "scores", "counts", "taken", "by"))
    names, frames = kept["names"].tolist(), len(counts)
    width, height = kept["size"].tolist()
    right = (
        int(kept["version"]) == _VERSION
        and boxes.dtype == scores.dtype == np.uint16
        and boxes.shape == (len(scores), 4)
        and scores.ndim == counts.ndim == 1
        and taken.shape == by.shape == (frames,)
        and frames <= _MAX_FRAMES
        and min(width, height) >= 1
        and (counts >= 0).all()
        and (counts <= MAX_BOXES_PER_FRAME).all()
        and counts.sum() == len(scores)
        and ((by >= 0) & (by < max(len(names), 1))).all()
    )
    if not right:
        raise ValueError("not the arrays that are written")
    if not frames:
        return SeenBoxes((width, height), view=str(kept["view"]), moved_under=tuple(kept["moved_under"].tolist()))
    ends = np.cumsum(counts)[:-1]
    parts = zip(np.split(boxes, ends), np.split(scores, ends), taken.tolist(), by.tolist(), strict=True)
    found = tuple(FrameBoxes(box, score, _time(micros), names[number]) for box, score, micros, number in parts)
    seen = SeenBoxes.of(found, (int(width), int(height)))
    return SeenBoxes(seen.size, seen.frames, str(kept["view"]), tuple(kept["moved_under"].tolist()), seen.alike)


def _micros(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _time(micros: int) -> datetime | None:
    return None if micros == _UNKNOWN_TIME else _EPOCH + timedelta(microseconds=micros)

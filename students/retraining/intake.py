"""New frames of a camera: found in a node's reservoir or in a folder, and taken into the run within some bytes."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePath

from lotwise.cameras.collection.collect import file_stem
from lotwise.cameras.trust.new_frames import WHY, new_frames
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame, Masks
from lotwise.datasets.image_files import IMAGE_SUFFIXES
from lotwise.datasets.readers.folder import read_folder
from lotwise.datasets.timestamps import parse_time
from lotwise.students.export.quantize import spread
from lotwise.teacher.store import unwritable


@dataclass(frozen=True)
class Found:
    """A frame that may be new.

    Attributes:
        source: what it is called where it came from; one name is one frame for good.
        file: the picture.
        taken: local time; None where nobody knows.
    """

    source: str
    file: Path
    taken: datetime | None


def find_new(folder: Path, camera: str, since: datetime | None, used: Collection[str]) -> list[Found]:
    """Frames of a camera that no retraining has used, oldest first.

    Args:
        folder: a node's ``new_frames`` folder, or any folder with pictures in a folder of the camera's id.
        camera: its id.
        since: with time zone; only those taken then or later, and none of unknown time.
        used: sources that were used before.
    """
    if (folder / camera / WHY).is_file():
        kept = new_frames(folder, camera, since)
        found = [Found(one.file.name, one.file, _local(one.taken)) for one in kept]
    elif (folder / camera).is_dir():
        first = None if since is None else _local(since)
        frames = read_folder(folder / camera).frames
        found = [Found(frame.name, frame.path, frame.taken) for frame in frames if frame.index is None]
        found = [one for one in found if first is None or (one.taken is not None and one.taken >= first)]
    else:
        return []
    return sorted(
        (one for one in found if one.source not in used), key=lambda one: (one.taken or datetime.max, one.source)
    )


def take_in(found: Sequence[Found], camera: str, folder: Path) -> list[str]:
    """Copy frames into the run, named by camera and time, and return their names in the same order.

    A frame that is there already, since an earlier try was killed, is not copied twice.

    Raises:
        InputError: the disk is full, or the folder cannot be written.
    """
    names: list[str] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in found:
            stem = file_stem(camera, one.taken) if one.taken is not None else PurePath(one.source).stem
            name = _free(folder, stem, one.file, names)
            if not (folder / name).is_file():
                partial = folder / f".{name}.part"
                shutil.copyfile(one.file, partial)
                partial.replace(folder / name)
            names.append(name)
    except OSError as error:
        raise unwritable(folder, error) from error
    return names


def taken_frames(folder: Path, camera: str, names: Sequence[str], masks: Masks) -> list[Frame]:
    """Those of these frames that are still there, as frames of the run."""
    return [
        Frame(camera, frame_name(camera, name), folder / name, parse_time(name), masks=masks)
        for name in names
        if (folder / name).is_file()
    ]


def frame_name(camera: str, name: str) -> str:
    """What a taken-in frame is called among the frames of a run."""
    return f"new/{camera}/{name}"


def thin_out(folder: Path, most_bytes: int, spared: Collection[str] = ()) -> int:
    """Delete frames, evenly over time, until the others fit; those spared stay. Returns how many are gone."""
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    gone = 0
    while files and sum(path.stat().st_size for path in files) > most_bytes:
        old = [path for path in files if path.name not in spared]
        if not old:
            break
        # Every second one at most in one go, and never more than are too many.
        mean = sum(path.stat().st_size for path in files) / len(files)
        surplus = max(1, min(len(old) // 2, round(len(files) - most_bytes / mean)))
        for index in spread(len(old), surplus):
            old[index].unlink()
            gone += 1
        files = [path for path in files if path.is_file()]
    return gone


def _free(folder: Path, stem: str, source: Path, taken: Sequence[str]) -> str:
    """A name that no other picture has; the one that this very picture has where it was copied before."""
    number, name = 1, f"{stem}{source.suffix.lower()}"
    while name in taken or ((folder / name).is_file() and not _same(folder / name, source)):
        number += 1
        name = f"{stem}-{number}{source.suffix.lower()}"
    return name


def _same(one: Path, other: Path) -> bool:
    return one.stat().st_size == other.stat().st_size and one.read_bytes() == other.read_bytes()


def _local(moment: datetime) -> datetime:
    return moment.astimezone().replace(tzinfo=None) if moment.tzinfo else moment


def check_folder(folder: Path) -> None:
    """Refuse a folder of new frames that is not there.

    Raises:
        InputError: it is not there.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder; a node makes it once it has kept a frame that is new to a camera "
            "(trust.new_frames_mb), or give another folder, with a folder of pictures for each camera, as --new"
        )

"""The picture and video files of a folder, and which folders and endings are none."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from lotwise.datasets.errors import InputError

IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".bmp", ".dib", ".webp", ".tif", ".tiff", ".avif", ".jp2",
    ".gif", ".ppm", ".pgm",
)  # fmt: skip
"""Endings of the pictures that are read, in lower case."""
VIDEO_SUFFIXES = (
    ".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".ts", ".m2ts", ".mts", ".mpg", ".mpeg", ".wmv", ".asf", ".flv",
    ".3gp", ".ogv", ".vob", ".dav", ".h264", ".264", ".h265", ".265", ".hevc", ".mjpeg", ".mjpg",
)  # fmt: skip
"""Endings of the videos that are read."""
UNREAD_SUFFIXES = {
    **dict.fromkeys((".heic", ".heif", ".hif", ".jxl", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raw"), "JPEG"),
    **dict.fromkeys((".rm", ".rmvb", ".swf", ".nsv", ".ssf", ".mxg", ".irf"), "MP4"),
}
"""Endings of pictures and recordings that no library here reads, and what they are to be converted to."""

_LEFT_OUT = frozenset(
    {
        # Synology's own, beside those of the pattern below
        "@eadir", "@tmp", "@appstore", "@appdata", "@appconf", "@apphome", "@appshare", "@apptemp", "@database",
        "@docker", "@download", "@maillog", "@synoresource", "@synologydrive", "@synofinder", "@synoaudiod",
        "@synocalendar", "@s2s", "@userpreference", "@autoupdate", "@config_backup", "@sharebin",
        "@upd@te", "@webdav", "@optware", "@smallupd@te_deb", "@sharesync", "@cloudsync", "@clamav",
        # Windows, macOS, Linux, Netatalk, Samba, Buffalo
        "$recycle.bin", "recycler", "recycled", "system volume information", "__macosx", "lost+found",
        "network trash folder", "temporary items", "recycle bin", "trashbox", "trash",
        # thumbnails
        "@__thumb", "thumbs", "thumbnails", "_thumbs",
    }
)  # fmt: skip
"""Folders of storage boxes and systems that hold thumbnails, deleted files or earlier versions, in lower case."""
_LEFT_OUT_PATTERN = re.compile(
    # @Recently-Snapshot, #trash, ~snapshot, $Recycle.Bin, _recycle, @sharesnap, @.thumbs
    r"[@#~$_]+[ ._-]*(?:recently[ ._-]*|share)?(?:trash|recycled?|snap(?:shot)?s?|thumb(?:nail)?s?|deleted)"
    r"(?:[ ._-]*(?:bin|can|box))?"
    # Recycle Bin - Volume_1, as D-Link and others write it
    r"|recycle[ _-]?bin(?:[ _-].*)?"
    # what a check of a Windows disk found
    r"|found\.\d{3}"
)
"""The same of more makers: a mark before a word for deleted files, earlier versions or thumbnails; in lower case."""


def is_left_out(name: str) -> bool:
    """Whether a folder or file of this name is hidden, or a system's own.

    >>> [name for name in ("@north", "#1 roof", ".thumbs", "@eaDir", "#trash", "FOUND.000") if is_left_out(name)]
    ['.thumbs', '@eaDir', '#trash', 'FOUND.000']
    """
    # macOS writes ._name.jpg beside name.jpg on foreign disks: not an image, whatever its suffix.
    lower = name.lower()
    return name.startswith(".") or lower in _LEFT_OUT or _LEFT_OUT_PATTERN.fullmatch(lower) is not None


def all_files(root: Path) -> list[Path]:
    """All files below a folder, sorted, folders behind links included; or the file itself.

    Left out are hidden files and folders, and those of :func:`is_left_out`.

    Raises:
        InputError: the path does not exist.
    """
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise InputError(f"{root}: no such file or folder; give a folder of images")
    found: list[Path] = []
    # A link may lead back to a folder on the way to it: such a circle is entered once only.
    ways: dict[str, frozenset[str]] = {os.fspath(root): frozenset({os.path.realpath(root)})}
    for folder, folders, files in os.walk(root, followlinks=True):
        way = ways.pop(folder)
        kept = []
        for name in folders:
            path = os.path.join(folder, name)
            real = os.path.realpath(path)
            if not is_left_out(name) and real not in way:
                kept.append(name)
                ways[path] = way | {real}
        folders[:] = kept
        found += [Path(folder, name) for name in files if not is_left_out(name)]
    return sorted(path for path in found if path.is_file())


def with_suffix(files: Iterable[Path], suffixes: tuple[str, ...]) -> list[Path]:
    """Those that end like this; suffixes in lower case, with the dot."""
    return [path for path in files if path.suffix.lower() in suffixes]


def image_files(root: Path) -> list[Path]:
    """All image files below a folder, sorted; or the file itself, whatever its ending.

    Raises:
        InputError: the path does not exist.
    """
    return [root] if root.is_file() else with_suffix(all_files(root), IMAGE_SUFFIXES)


def unread_notes(files: Iterable[Path]) -> list[str]:
    """A sentence for each ending of pictures and videos among these files that is not read."""
    counts = Counter(path.suffix.lower() for path in files)
    return [
        f"{count} {suffix} files were skipped: that kind is not read; convert them to {UNREAD_SUFFIXES[suffix]}"
        for suffix, count in sorted(counts.items())
        if suffix in UNREAD_SUFFIXES
    ]

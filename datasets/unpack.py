"""Takes files out of a tar file, never to a place outside of the folder that they are to go into.

Python's own filter for that (PEP 706) came with 3.11.4; Debian 12 has 3.11.2.
"""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path, PurePosixPath


def unpack(tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """Write one member of a tar file below a folder, with its time and its rights, but for its owner to write.

    Args:
        tar: open to be read.
        member: a folder, a file, or a hard link to a file that was unpacked before.
        folder: which it goes into.

    Raises:
        ValueError: its path leads out of the folder, or it is of another kind, such as a symbolic link.
        OSError: it cannot be written.
    """
    path = _inside(folder, member.name)
    if member.isdir():
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if member.islnk():
        os.link(_inside(folder, member.linkname), path)
        return
    content = tar.extractfile(member) if member.isreg() else None
    if content is None:
        raise ValueError(f"{member.name} is neither a file nor a folder")
    with content, path.open("wb") as file:
        shutil.copyfileobj(content, file)
    path.chmod(member.mode & 0o755 | 0o600)
    os.utime(path, (member.mtime, member.mtime))


def _inside(folder: Path, name: str) -> Path:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{name} leads out of the folder")
    return folder / path

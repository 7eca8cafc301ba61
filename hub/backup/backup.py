"""Writes all of a hub into one file while it runs."""

from __future__ import annotations

import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.hub.backup.tables import table_lines
from lotwise.hub.database.database import open_database
from lotwise.hub.folders import HubFolders
from lotwise.hub.reading import HubFile
from lotwise.node.version import software_version

FORMAT = 1
ABOUT, TABLES, HUB_FILE, DATA = "backup.json", "tables.jsonl", "hub.yaml", "data"
"""Names in the file."""


@dataclass(frozen=True)
class Backup:
    """A backup that was written.

    Attributes:
        file: where it is.
        bytes: its size.
        rows: of all tables.
        files: of the data folder.
    """

    file: Path
    bytes: int
    rows: int
    files: int


def back_up(hub: HubFile, target: Path, frames: bool = True) -> Backup:
    """Write a backup that its owner alone can read: the hub's key is in it.

    The tables are of one moment, and the files of a moment later: there may be files that no row knows, and never the
    other way round unless they were old enough to be forgotten.

    Args:
        hub: the hub file; its hub may run.
        target: a tar file, written whole or not at all.
        frames: whether the frames are to be in it.

    Raises:
        InputError: the hub has kept nothing yet, or the file cannot be written.
    """
    folders = HubFolders(hub.settings.data)
    if not folders.key.is_file():
        raise InputError(f"{folders.data}: no hub has kept anything here yet; see data: in {hub.path}")
    database = open_database(hub)
    partial = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(handle, "wb") as opened,
            tarfile.open(fileobj=opened, mode="w", format=tarfile.PAX_FORMAT) as tar,
        ):
            about = {"format": FORMAT, "made": datetime.now(UTC).isoformat(), "software": software_version()}
            _add(tar, ABOUT, json.dumps(about).encode())
            _add(tar, HUB_FILE, hub.path.read_bytes())
            with tempfile.TemporaryFile(dir=target.parent) as lines:
                rows = -1  # the first line is no row
                for line in table_lines(database):
                    lines.write(line.encode() + b"\n")
                    rows += 1
                _add_file(tar, TABLES, lines)
            files = _add_folder(tar, folders, frames)
            opened.flush()
            os.fsync(opened.fileno())
        partial.replace(target)
    except OSError as error:
        raise InputError(
            f"{target}: cannot be written ({error.strerror or error}); make room or mend its rights"
        ) from (error)
    finally:
        database.close()
        partial.unlink(missing_ok=True)
    return Backup(target, target.stat().st_size, rows, files)


def _add_folder(tar: tarfile.TarFile, folders: HubFolders, frames: bool) -> int:
    count = 0
    for path in _kept(folders, frames):
        try:
            # A file that has two names is in it once.
            tar.add(path, f"{DATA}/{path.relative_to(folders.data).as_posix()}", recursive=False)
        except FileNotFoundError:  # forgotten meanwhile
            continue
        count += path.is_file()
    return count


def _kept(folders: HubFolders, frames: bool) -> Iterator[Path]:
    """What is worth keeping of a data folder: neither what is received this moment nor the tables as files."""
    left_out = {folders.uploads, *folders.data.glob(f"{folders.database.name}*")}
    if not frames:
        left_out.add(folders.data / "frames")
    for folder, names, files in os.walk(folders.data):
        names[:] = sorted(name for name in names if Path(folder) / name not in left_out)
        for name in (*names, *sorted(files)):
            path = Path(folder) / name
            if path not in left_out and not name.endswith((".part", ".lock")) and (path.is_dir() or path.is_file()):
                yield path


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    _add_file(tar, name, io.BytesIO(content))


def _add_file(tar: tarfile.TarFile, name: str, content: io.IOBase) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mode = content.seek(0, os.SEEK_END), 0o600
    content.seek(0)
    tar.addfile(about, content)

"""Makes a hub anew from a backup, where nothing is yet."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy import select

from lotwise.datasets.errors import InputError
from lotwise.datasets.unpack import unpack
from lotwise.hub.backup.backup import ABOUT, DATA, FORMAT, TABLES
from lotwise.hub.backup.tables import is_empty, load_lines, version_of_lines
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.tables import FrameRow, NodeRow
from lotwise.hub.folders import HubFolders
from lotwise.hub.reading import HubFile


@dataclass(frozen=True)
class Restored:
    """A hub that was made anew.

    Attributes:
        made: when the backup was.
        nodes: that go on without enrolling.
        frames: whose files are here, or in the store.
        lost: frames that the tables knew and the backup does not hold; nodes may send again what was not learned from.
    """

    made: str
    nodes: int
    frames: int
    lost: int


def restore(hub: HubFile, source: Path) -> Restored:
    """Make data folder and database from a backup, on SQLite or PostgreSQL, whichever the hub file names.

    Args:
        hub: the hub file; its data folder and database are empty or not there.
        source: what :func:`back_up` has written.

    Raises:
        InputError: it is no backup, one of a newer version, or something is there already; nothing was changed then.
    """
    data = hub.settings.data
    if data.is_dir() and any(data.iterdir()):
        raise InputError(
            f"{data}: holds files already; a restore overwrites nothing: move it away, or give another data:"
        )
    beside = data.with_name(f".{data.name}.restoring")
    shutil.rmtree(beside, ignore_errors=True)  # of a restore that was killed
    # A name of the database within the data folder is one of the folder that is being made.
    making = HubFile(hub.path, hub.settings.model_copy(update={"data": beside}))
    try:
        with tarfile.open(source) as tar:
            about = json.loads(_member(tar, ABOUT).read())
            if about.get("format") != FORMAT:
                raise InputError(
                    f"{source}: is of format {about.get('format')}, not {FORMAT}; bring lotwise up to date"
                )
            beside.mkdir(parents=True, mode=0o750)
            for member in tar:
                if member.name.startswith(f"{DATA}/"):
                    member.name = member.name.removeprefix(f"{DATA}/")
                    if member.islnk():
                        member.linkname = member.linkname.removeprefix(f"{DATA}/")
                    unpack(tar, member, beside)
            lines = (line.decode() for line in _member(tar, TABLES))
            database = open_database(making, version_of_lines(next(lines, "")))
            try:
                counts = _fill(database, lines, making)
            finally:
                database.close()
        open_database(making).close()  # brings the tables up to this version
        (beside / HubFolders(beside).key.name).chmod(0o600)
        if data.is_dir():
            data.rmdir()
        beside.rename(data)
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise InputError(f"{source}: is no whole backup of a hub ({error}); give one of lotwise hub backup") from error
    except OSError as error:
        where = error.filename or data
        raise InputError(f"{where}: {error.strerror or error}; make room or mend its rights") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return Restored(str(about["made"]), *counts)


def _fill(database: Database, lines: Iterator[str], hub: HubFile) -> tuple[int, int, int]:
    """Fill the tables; numbers of nodes, of frames that are there, and of frames that are not."""
    if not is_empty(database):
        raise InputError(f"{hub.path}: the database that database.url names has rows already; give an empty one")
    load_lines(database, lines)
    folders, lost = HubFolders(hub.settings.data), []
    # Those whose pictures were let go stay known, so that nobody sends them again.
    asked = select(FrameRow).where(FrameRow.bytes > 0)
    with database.writing() as session:
        rows = session.scalars(asked).all()
        if hub.settings.store.url is None:
            lost = [one for one in rows if not folders.frame(one.node, one.camera, one.sha256).is_file()]
        for frame in lost:
            if frame.state == "used":
                frame.bytes = 0  # what was learned from them is in the run folders, and no first student is due again
            else:
                session.delete(frame)
        nodes = len(session.scalars(select(NodeRow.fingerprint)).all())
    return nodes, len(rows) - len(lost), len(lost)


def _member(tar: tarfile.TarFile, name: str) -> IO[bytes]:
    found = tar.extractfile(name) if name in tar.getnames() else None
    if found is None:
        raise ValueError(f"it has no {name}")
    return found

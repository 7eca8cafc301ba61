"""Download of CNR-EXT from its official archive: resumable, checked, unpacked."""

from __future__ import annotations

import csv
import hashlib
import http.client
import re
import shutil
import tarfile
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.unpack import unpack
from lotwise.datasets.whole_file import write_whole


@dataclass(frozen=True)
class Archive:
    """One file of the official release.

    Attributes:
        name: file name, in which it is kept.
        url: where it lies.
        size: bytes as published or reported; only used to see beforehand whether the disk has room.
    """

    name: str
    url: str
    size: int


_RELEASE = "https://github.com/fabiocarrara/deep-parking/releases/download/archive/"
_FRAMES = Archive("CNR-EXT_FULL_IMAGE_1000x750.tar", _RELEASE + "CNR-EXT_FULL_IMAGE_1000x750.tar", 1_104_364_544)
_LABELS = Archive("CNRPark+EXT.csv", _RELEASE + "CNRPark+EXT.csv", 18_132_695)

# The addresses are the links of the official page, cnrpark.it, which gives rounded sizes and no checksums.
# The sizes here are those that others who downloaded the files have published.
CNR_EXT: Mapping[str, Archive] = {
    "frames": _FRAMES,
    "slots": _FRAMES,  # the slot files lie in the archive of the frames
    "labels": _LABELS,
}
_CHUNK = 1 << 20


def download_cnr_ext(
    out: Path,
    parts: Sequence[str] = ("frames", "slots", "labels"),
    progress: Progress = no_progress,
    archives: Mapping[str, Archive] = CNR_EXT,
) -> None:
    """Fetch, check and unpack parts of CNR-EXT into a folder that ``read_cnr_ext`` then reads.

    An interrupted download goes on where it stopped; what is already there is verified and not fetched again.
    The sha256 of each file at its arrival is kept beside it as ``<file>.sha256``. Once unpacked, an
    archive may be deleted.

    Args:
        out: folder, made where absent.
        parts: of ``frames``, ``slots``, ``labels``; frames and slots come in one archive.
        progress: told of every mebibyte, in bytes; where the server does not tell how many there are, as if all
            had come.
        archives: where each part lies.

    Raises:
        InputError: unknown part, no network, no room, or a file that is not whole or has changed since its
            download; the line says what to do by hand.
    """
    unknown = [part for part in parts if part not in archives]
    if unknown:
        raise InputError(f"part {unknown[0]!r}: unknown; choose among {', '.join(archives)}")
    out.mkdir(parents=True, exist_ok=True)
    for archive in dict.fromkeys(archives[part] for part in parts):
        target = out / archive.name
        unpacked = target.with_name(target.name + ".unpacked")
        if not target.exists() and unpacked.exists():
            continue
        if not target.exists():
            fetch(archive, target, progress)
        verify(target)
        if target.suffix == ".tar":
            _unpack(target, out)
            unpacked.touch()


def fetch(archive: Archive, target: Path, progress: Progress = no_progress) -> None:
    """Download one file by way of ``<file>.part``, going on with what an earlier attempt left there.

    Raises:
        InputError: the server cannot be reached or refuses, the connection brings nothing more, or no room.
    """
    part = target.with_name(target.name + ".part")
    room = shutil.disk_usage(target.parent).free
    have = part.stat().st_size if part.exists() else 0
    # A tar is unpacked beside itself.
    needed = (2 if target.suffix == ".tar" else 1) * archive.size - have
    if room < needed:
        raise InputError(
            f"{target.parent}: {archive.name} needs {needed / 1e9:.1f} GB, "
            f"{room / 1e9:.1f} GB are free; make room or choose another folder"
        )
    while True:
        before = part.stat().st_size if part.exists() else 0
        try:
            total = _receive(archive, part, progress)
        except (OSError, http.client.HTTPException) as error:
            reason, total = str(error), None
        else:
            reason = "the connection was cut"
            if total is None or part.stat().st_size == total:
                part.replace(target)
                return
        # A connection that broke midway is taken up again at once, as long as each attempt brings something.
        if (part.stat().st_size if part.exists() else 0) <= before:
            raise InputError(
                f"{archive.name}: download failed ({reason}); try again to go on where it stopped, or fetch "
                f"{archive.url} by hand and put it at {target}"
            )


def verify(path: Path) -> None:
    """Check a file against its sha256 at arrival; the first time, check that it is whole and keep the sha256.

    Raises:
        InputError: the file has changed since, or is not whole.
    """
    kept = path.with_name(path.name + ".sha256")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if kept.exists():
        if kept.read_text(encoding="utf-8").split()[:1] != [digest]:
            raise InputError(f"{path}: changed since its download ({kept.name} differs); delete both and run again")
        return
    try:
        whole = _whole_tar(path) if path.suffix == ".tar" else _whole_table(path)
    except (tarfile.TarError, OSError, csv.Error, UnicodeDecodeError):
        whole = False
    if not whole:
        raise InputError(f"{path}: not whole or not what was expected; delete it and run again")
    write_whole(kept, f"{digest}  {path.name}\n".encode())


def _receive(archive: Archive, part: Path, progress: Progress) -> int | None:
    """One attempt. Gives the full size of the file, None where the server does not tell."""
    have = part.stat().st_size if part.exists() else 0
    request = urllib.request.Request(archive.url, headers={"User-Agent": "lotwise"})  # noqa: S310
    if have:
        request.add_header("Range", f"bytes={have}-")
    try:
        answer = urllib.request.urlopen(request, timeout=30)  # noqa: S310 - the address is the table's, not a user's
    except urllib.error.HTTPError as error:
        with error:
            if error.code != 416:
                raise
            # Nothing lies beyond what is there: it is complete, or it is no part of this file.
            if error.headers.get("Content-Range") == f"bytes */{have}":
                return have
        part.unlink()
        return _receive(archive, part, progress)
    with answer:
        if have and not (answer.status == 206 and _starts_at(answer.headers.get("Content-Range"), have)):
            # The server knows no ranges and sends the whole file: start over with what comes.
            have = 0
            if answer.status == 206:
                part.unlink()
                raise OSError("the server sent another range than was asked for")
        length = answer.headers.get("Content-Length")
        total = None if length is None else have + int(length)
        with part.open("ab" if have else "wb") as file:
            # read1 gives what has arrived; read would lose it when the connection breaks within a block.
            while block := answer.read1(_CHUNK):
                file.write(block)
                have += len(block)
                progress(f"download {archive.name}", have, have if total is None else total, "")
    return total


def _starts_at(content_range: str | None, start: int) -> bool:
    found = re.match(r"bytes (\d+)-", content_range or "")
    return found is not None and int(found.group(1)) == start


def _whole_tar(path: Path) -> bool:
    """Whether an archive holds files and can be walked to its end.

    A tar ends with blocks of zeros; one that was cut between two files lacks them and raises nothing.
    """
    with tarfile.open(path, "r:") as archive:
        members = archive.getmembers()
        ended = path.stat().st_size >= archive.offset + tarfile.BLOCKSIZE
    return ended and any(member.isfile() for member in members)


def _whole_table(path: Path) -> bool:
    """Whether a CSV has as many fields in its last row as in its header, and more than the header."""
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        header = next(rows, [])
        last = deque(rows, maxlen=1)
    return len(header) > 1 and bool(last) and len(last[0]) == len(header)


def _unpack(path: Path, out: Path) -> None:
    """Unpack what is not there yet in full size."""
    with tarfile.open(path, "r:") as archive:
        missing = [member for member in archive if member.isfile() and not _is_there(out / member.name, member.size)]
        try:
            for member in missing:
                unpack(archive, member, out)
        except (tarfile.TarError, ValueError, OSError) as error:
            raise InputError(f"{path}: cannot be unpacked into {out} ({error}); make room or delete it") from error


def _is_there(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size

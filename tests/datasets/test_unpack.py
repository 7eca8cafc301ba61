"""What comes out of a tar file stays in its folder."""

from __future__ import annotations

import io
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lotwise.datasets.unpack import unpack


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.mode, made.mtime = kind, to, 0o4447, 1_700_000_000
    made.size = 3 if kind == tarfile.REGTYPE else 0
    return made


@contextmanager
def tar_of(*members: tarfile.TarInfo) -> Iterator[tarfile.TarFile]:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for one in members:
            tar.addfile(one, io.BytesIO(b"abc") if one.isreg() else None)
    content.seek(0)
    with tarfile.open(fileobj=content) as tar:
        yield tar


def test_files_folders_and_hard_links_come_out(tmp_path: Path) -> None:
    with tar_of(member("a", tarfile.DIRTYPE), member("a/b/c"), member("d", tarfile.LNKTYPE, "a/b/c")) as tar:
        for one in tar:
            unpack(tar, one, tmp_path)
    assert (tmp_path / "a/b/c").read_bytes() == (tmp_path / "d").read_bytes() == b"abc"
    assert (tmp_path / "d").samefile(tmp_path / "a/b/c")
    found = (tmp_path / "d").stat()
    assert stat.S_IMODE(found.st_mode) == 0o645 and found.st_mtime == 1_700_000_000


@pytest.mark.parametrize(
    "wrong",
    [
        member("../out"),
        member("/out"),
        member("a/../../out"),
        member("link", tarfile.SYMTYPE, "/etc/passwd"),
        member("link", tarfile.LNKTYPE, "../out"),
        member("pipe", tarfile.FIFOTYPE),
    ],
    ids=lambda one: f"{one.name} {one.linkname}",
)
def test_what_would_leave_the_folder_is_refused(wrong: tarfile.TarInfo, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    with tar_of(wrong) as tar, pytest.raises(ValueError, match=r"leads out|neither a file"):
        for one in tar:
            unpack(tar, one, folder)
    assert not (tmp_path / "out").exists() and not any(folder.iterdir())

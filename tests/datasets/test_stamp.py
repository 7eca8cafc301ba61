"""A file's stamp changes with the file."""

import os
from pathlib import Path

from lotwise.datasets.stamp import stamp_of


def test_a_longer_file_and_a_later_one_have_other_stamps(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    os.utime(path, ns=(5, 7))
    assert stamp_of(path) == (3, 7)
    path.write_bytes(b"four")
    os.utime(path, ns=(5, 7))
    assert stamp_of(path) == (4, 7)
    os.utime(path, ns=(5, 8))
    assert stamp_of(path) == (4, 8)


def test_what_is_not_there_has_none(tmp_path: Path) -> None:
    assert stamp_of(tmp_path / "gone") is None

"""A frame's stamp changes with its file and with its privacy masks."""

import os
from pathlib import Path

from lotwise.datasets.frame import Frame
from lotwise.datasets.stamp import stamp_of

CORNER = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5))


def test_a_longer_file_and_a_later_one_have_other_stamps(tmp_path: Path) -> None:
    path = tmp_path / "a"
    frame = Frame("C1", "a", path)
    path.write_bytes(b"one")
    os.utime(path, ns=(5, 7))
    assert stamp_of(frame) == (3, 7)
    path.write_bytes(b"four")
    os.utime(path, ns=(5, 7))
    assert stamp_of(frame) == (4, 7)
    os.utime(path, ns=(5, 8))
    assert stamp_of(frame) == (4, 8)


def test_a_frame_with_other_masks_has_another_stamp(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"one")
    stamps = {
        stamp_of(Frame("C1", "a", path, masks=masks))
        for masks in ((), (CORNER,), ((*CORNER[:2], (0.0, 0.6)),), (CORNER, CORNER))
    }
    assert len(stamps) == 4
    assert stamp_of(Frame("C1", "a", path, masks=(CORNER,))) == stamp_of(Frame("C1", "a", path, masks=(CORNER,)))


def test_what_is_not_there_has_none(tmp_path: Path) -> None:
    assert stamp_of(Frame("C1", "gone", tmp_path / "gone")) is None

"""A file's stamp changes with whatever changes the file."""

import os
from pathlib import Path

from lotwise.datasets.file_stamp import file_stamp


def test_written_replaced_and_gone(tmp_path: Path) -> None:
    path = tmp_path / "slots.json"
    assert file_stamp(path) is None and file_stamp(None) is None
    path.write_text("one")
    first = file_stamp(path)
    assert first is not None and first == file_stamp(path)
    path.write_text("other")
    os.utime(path, ns=(first[0], first[0]))  # within the same tick of the clock
    assert file_stamp(path) != first
    path.write_text("one")
    os.utime(path, ns=(first[0], first[0]))
    assert file_stamp(path) == first
    (tmp_path / "new").write_text("one")
    os.utime(tmp_path / "new", ns=(first[0], first[0]))
    (tmp_path / "new").replace(path)
    assert file_stamp(path) != first

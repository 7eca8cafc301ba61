"""What models between nano and student said, on disk: a broken file is as none."""

from pathlib import Path

import pytest

from lotwise.datasets.frame import Detections
from lotwise.students.few_frames.said import read_said, write_said


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_said(tmp_path / "said.npz", "mine", {0.5: {"a.jpg": Detections.of([[0, 0, 9, 9]], [0.5])}})
    read = read_said(tmp_path / "said.npz")
    assert read is not None and read[0] == "mine"
    assert read[1][0.5]["a.jpg"].boxes.tolist() == [[0, 0, 9, 9]]
    assert read_said(tmp_path / "other.npz") is None


@pytest.mark.parametrize("left", ["nothing", "half", "zeros"])
def test_what_a_power_cut_has_left_is_none(tmp_path: Path, left: str) -> None:
    path = tmp_path / "said.npz"
    write_said(path, "mine", {0.5: {"a.jpg": Detections.of([[0, 0, 9, 9]], [0.5])}})
    whole = path.read_bytes()
    path.write_bytes({"nothing": b"", "half": whole[: len(whole) // 2], "zeros": bytes(len(whole))}[left])
    assert read_said(path) is None

"""Detections written as YOLO text files with their scores."""

from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.writers.yolo import write_yolo
from tests.datasets.yolo_folders import add, boxes


def test_written_detections_are_read_back(tmp_path: Path) -> None:
    add(tmp_path, "images/a.jpg", None)
    add(tmp_path, "images/b.jpg", None)
    frames = [Frame("C1", name, tmp_path / "images" / name) for name in ("a.jpg", "b.jpg")]
    found = [Detections.of([[10, 5, 30, 45], [0, 0, 5, 5]], [0.875, 0.5], [2, 0]), Detections.empty()]
    written = write_yolo(tmp_path / "labels", frames, [(100, 50)] * 2, found)
    assert written == [tmp_path / "labels" / "a.txt", tmp_path / "labels" / "b.txt"]
    assert written[0].read_text().splitlines()[0] == "2 0.200000 0.500000 0.200000 0.800000 0.875000"
    assert written[1].read_text() == ""
    assert boxes(tmp_path) == {"images/a.jpg": [[10, 5, 30, 45]], "images/b.jpg": []}


def test_two_frames_never_share_a_file(tmp_path: Path) -> None:
    frames = [Frame("C1", "a.jpg", Path("a.jpg")), Frame("C1", "a.png", Path("a.png"))]
    with pytest.raises(InputError, match=r"a\.txt: two frames would be written"):
        write_yolo(tmp_path, frames, [(1, 1)] * 2, [Detections.empty()] * 2)
    # Frames of one video have one path and still a file each.
    frames = [Frame("C1", f"v.mp4#{k:06d}", Path("v.mp4"), index=k) for k in range(2)]
    assert len(set(write_yolo(tmp_path, frames, [(1, 1)] * 2, [Detections.empty()] * 2))) == 2


@pytest.mark.parametrize("name", ["../a.jpg", "/etc/a.jpg"])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="leads out of the folder"):
        write_yolo(tmp_path, [Frame("C1", name, Path(name))], [(1, 1)], [Detections.empty()])

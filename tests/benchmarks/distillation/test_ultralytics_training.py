"""What the peers are given to learn from, and that they can."""

from pathlib import Path

import pytest

from benchmarks.distillation.ultralytics_training import fine_tune, write_training_set
from lotwise.datasets.frame import Detections
from tests.benchmarks.lots import A, B, camera
from tests.models import save_like_ultralytics, tiny_yolo


def training_set(folder: Path) -> Path:
    (folder / "lot").mkdir()
    frames = camera(folder / "lot").dataset.frames
    boxes = [Detections.of([A, B], [0.9, 0.4]), Detections.empty(), Detections.of([B], [0.5])]
    return write_training_set(folder / "set", frames, boxes)


def test_hard_boxes_of_one_class_beside_their_pictures(tmp_path: Path) -> None:
    data = training_set(tmp_path)
    assert sorted(path.name for path in (data.parent / "images").iterdir()) == ["000.jpg", "001.jpg", "002.jpg"]
    first, second, third = ((data.parent / "labels" / f"00{i}.txt").read_text().splitlines() for i in range(3))
    assert [float(word) for word in first[0].split()] == pytest.approx([0, 0.2, 0.4, 0.2, 0.4])
    assert (len(first), second, len(third)) == (2, [], 1)
    assert {len(line.split()) for line in first + third} == {5}
    assert data.read_text().splitlines()[-1] == "names: {0: vehicle}"


def test_ultralytics_learns_from_them(tmp_path: Path) -> None:
    nano = save_like_ultralytics(tiny_yolo(), tmp_path / "nano.pt")
    student, seconds = fine_tune(training_set(tmp_path), nano, tmp_path / "work", seed=1, epochs=1, imgsz=64, batch=2)
    assert student.names == {0: "vehicle"}
    assert seconds > 0

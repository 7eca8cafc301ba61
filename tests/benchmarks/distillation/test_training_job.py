"""One training of the comparison: what it found is taken up again for that very job alone."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.distillation.training_job import Job, occupied, read_result, run_model
from lotwise.datasets.frame import Detections
from lotwise.students.model.student import make_student
from tests.benchmarks.lots import NAMES, A, B, camera

JOB = Job(
    "lotwise", "folder", "lot", "C1", ("a.jpg", "b.jpg"), ("c.jpg",), 1, "teacher.pt", "nano.pt",
    {"settings": {"size": 96}, "others": [["cnr-ext", "lot", []]]},
)  # fmt: skip
SAID = {"c.jpg": Detections.of([[1, 2, 3, 4]], [0.5]), "empty.jpg": Detections.empty()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """As a training job leaves it."""
    arrays = {}
    for i, found in enumerate(SAID.values()):
        arrays[f"{i}.boxes"], arrays[f"{i}.scores"] = found.boxes, found.scores
    np.savez(tmp_path / "predictions.npz", **arrays)
    result = {"job": asdict(JOB), "frames": list(SAID), "seconds": 12.5, "memory": 900.0}
    (tmp_path / "result.json").write_text(json.dumps(result))
    return tmp_path


def test_what_a_training_job_found_is_read_back(folder: Path) -> None:
    result = read_result(folder, JOB)
    assert result is not None
    assert (result.seconds, result.memory, list(result.said)) == (12.5, 900.0, list(SAID))
    for name, found in result.said.items():
        assert found.boxes.tolist() == SAID[name].boxes.tolist()
        assert found.scores.tolist() == SAID[name].scores.tolist()


@pytest.mark.parametrize(
    "other",
    [
        {"seed": 2},
        {"recipe": "plain"},
        {"train": ("a.jpg",)},
        {"student": "other.pt"},
        {"options": {"settings": {"size": 128}}},
    ],
)
def test_the_result_of_another_job_is_none(folder: Path, other: dict) -> None:
    assert read_result(folder, replace(JOB, **other)) is None


def test_no_result_yet_is_none(tmp_path: Path) -> None:
    assert read_result(tmp_path, JOB) is None


def test_occupied_slots_become_boxes(tmp_path: Path) -> None:
    dataset = camera(tmp_path).dataset
    boxes = [occupied(dataset, frame).boxes.tolist() for frame in dataset.frames]
    assert boxes == [[pytest.approx(A)], [pytest.approx(B)], [pytest.approx(A)]]


def test_a_student_is_run_on_frames_of_several_sizes_as_a_camera_runs_it(tmp_path: Path, weights) -> None:
    import cv2

    frames = camera(tmp_path).dataset.frames
    cv2.imwrite(str(frames[1].path), np.full((100, 60, 3), 90, np.uint8))
    said = run_model(make_student(weights.student), frames, 64)
    assert tuple(said) == NAMES
    for found, (width, height) in zip(said.values(), [(100, 50), (60, 100), (100, 50)], strict=True):
        assert len(found)
        assert (found.boxes.max(0) <= [width, height, width, height]).all()
    assert said[NAMES[0]].boxes.tolist() == said[NAMES[2]].boxes.tolist()

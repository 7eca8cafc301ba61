"""A student without a level of its head says at all other anchors what it said before."""

from pathlib import Path

import numpy as np
import pytest
import torch

from lotwise.datasets.frame import Detections
from lotwise.students.model.student import make_student
from lotwise.students.right_size.levels import level_names, unused_levels, without_levels
from lotwise.teacher.checkpoint import load_model, save_model
from tests.models import tiny_yolo


@pytest.mark.parametrize("base", ["yolov8n.yaml", "yolo26n.yaml"])
@pytest.mark.parametrize("gone", [("P5",), ("P3",), ("P4", "P5")])
def test_other_levels_say_what_they_said(tmp_path: Path, base: str, gone: tuple[str, ...]) -> None:
    save_model(tiny_yolo(base=base), tmp_path / "nano.safetensors")
    student = make_student(tmp_path / "nano.safetensors")
    made = without_levels(student, gone)
    save_model(made, tmp_path / "made.safetensors")
    made = load_model(tmp_path / "made.safetensors")
    names = level_names(student.model[-1])
    assert level_names(made.model[-1]) == [name for name in names if name not in gone]
    pixels = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        before, after = (model(pixels)[1]["scores"] for model in (student, made))
    cells = [(64 // stride) * (96 // stride) for stride in (8, 16, 32)]
    ends = np.cumsum([0, *cells])
    kept = [i for place, name in enumerate(names) if name not in gone for i in range(ends[place], ends[place + 1])]
    assert torch.equal(before[:, :, kept], after)


def test_what_only_a_lost_level_needed_is_gone() -> None:
    student = tiny_yolo()
    made = without_levels(student, ["P5"])
    assert len(made.model) < len(student.model)
    assert sum(p.numel() for p in made.parameters()) < sum(p.numel() for p in student.parameters())


def test_a_head_keeps_a_level() -> None:
    with pytest.raises(ValueError, match="leave one"):
        without_levels(tiny_yolo(), ["P3", "P4", "P5"])


def test_levels_that_bring_no_boxes_are_unused() -> None:
    head = tiny_yolo().model[-1]
    cells = [8 * 8, 4 * 4, 2 * 2]
    every = Detections.of(np.arange(sum(cells) * 4).reshape(-1, 4), np.zeros(sum(cells)))
    fine = every[np.arange(sum(cells)) < 5]
    assert unused_levels(head, (64, 64), [every], [fine]) == ["P4", "P5"]
    assert unused_levels(head, (64, 64), [every], [every[:0]]) == []

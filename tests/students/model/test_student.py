"""The student keeps of its pretrained head the vehicles, and all it knew of them."""

from pathlib import Path

import pytest
import torch

from lotwise.datasets.errors import InputError
from lotwise.students.model.student import latent_channels, make_student, read_output
from lotwise.teacher.checkpoint import load_model, save_model
from lotwise.teacher.head import decode_boxes, vehicle_logits
from tests.models import COCO_LIKE, save_like_ultralytics, tiny_yolo

BASES = ["yolov8n.yaml", "yolo11n.yaml", "yolo26n.yaml"]
PICTURE = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))


def raw_of(model: torch.nn.Module) -> dict:
    with torch.inference_mode():
        raw = model.eval()(PICTURE)[1]
    return raw.get("one2many", raw)


@pytest.mark.parametrize("base", BASES)
def test_student_says_of_vehicles_just_what_the_pretrained_nano_said(tmp_path: Path, base: str) -> None:
    path = save_like_ultralytics(tiny_yolo(names=COCO_LIKE, base=base), tmp_path / "nano.pt")
    wide, student = load_model(path), make_student(path)
    before, after = raw_of(wide), raw_of(student)
    torch.testing.assert_close(vehicle_logits(after), vehicle_logits(before, [1, 3]), atol=1e-4, rtol=1e-5)
    torch.testing.assert_close(decode_boxes(student.model[-1], after), decode_boxes(wide.model[-1], before))
    assert list(student.names.values()) == ["car", "truck"]


@pytest.mark.parametrize("base", BASES)
def test_student_has_one_branch_survives_the_file_and_can_be_read_in_training(tmp_path: Path, base: str) -> None:
    path = save_like_ultralytics(tiny_yolo(names=COCO_LIKE, base=base), tmp_path / "nano.pt")
    student = make_student(path)
    save_model(student, tmp_path / "student.safetensors")
    read = load_model(tmp_path / "student.safetensors")
    torch.testing.assert_close(raw_of(read)["scores"], raw_of(student)["scores"])
    output = read_output(student, student.train()(PICTURE))
    anchors = 12 * 8 + 6 * 4 + 3 * 2
    assert output.logits.shape == (2, anchors)
    assert output.boxes.shape == (2, anchors, 4)
    assert [level.shape[1] for level in output.latents] == latent_channels(student)
    assert [tuple(level.shape[2:]) for level in output.latents] == [(8, 12), (4, 6), (2, 3)]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["yolov8n.pt", "yolo11n.pt", "yolo26n.pt"])
def test_official_nanos_keep_what_they_knew(shared: Path, name: str) -> None:
    path = shared / "weights" / name
    before, after = raw_of(load_model(path)), raw_of(make_student(path))
    torch.testing.assert_close(vehicle_logits(after), vehicle_logits(before, [2, 5, 7]), atol=1e-3, rtol=1e-4)


def test_nano_without_vehicles_is_refused(tmp_path: Path) -> None:
    path = save_like_ultralytics(tiny_yolo(names={0: "cat"}), tmp_path / "cats.pt")
    with pytest.raises(InputError, match=r"cats\.pt: knows none of the classes"):
        make_student(path)

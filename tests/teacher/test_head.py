"""What is particular about YOLO's head."""

import pytest
import torch

from lotwise.datasets.errors import InputError
from lotwise.teacher.head import decode_boxes, vehicle_classes
from tests.models import COCO_LIKE, tiny_yolo


def test_vehicle_classes_are_found_by_name() -> None:
    assert vehicle_classes(COCO_LIKE, ("car", "truck", "bus"), "w.pt") == [1, 3]


def test_a_model_without_vehicles_says_what_it_knows() -> None:
    with pytest.raises(InputError, match=r"w\.pt: knows none of the classes car.*it knows person, cat"):
        vehicle_classes({0: "person", 1: "cat"}, ("car",), "w.pt")


@pytest.mark.parametrize("base", ["yolov8n.yaml", "yolo11n.yaml", "yolo26n.yaml"])
def test_boxes_are_those_that_ultralytics_decodes(base: str) -> None:
    model = tiny_yolo(base=base)
    with torch.inference_mode():
        decoded, raw = model(torch.rand(2, 3, 64, 96))
    if "one2many" in raw:
        raw = raw["one2many"]
    if decoded.shape[1] == 5:
        centre, size = decoded[:, :2], decoded[:, 2:4]
        theirs = torch.cat([centre - size / 2, centre + size / 2], 1).transpose(1, 2)
        torch.testing.assert_close(decode_boxes(model.model[-1], raw), theirs, atol=1e-3, rtol=1e-4)


def test_boxes_carry_gradient() -> None:
    model = tiny_yolo().train()
    raw = model(torch.rand(1, 3, 64, 64))
    decode_boxes(model.model[-1], raw).sum().backward()
    assert model.model[0].conv.weight.grad.abs().sum() > 0

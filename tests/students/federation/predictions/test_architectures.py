"""YOLOv8n, YOLO11n and YOLO26n in one federation: what they say means the same at every anchor."""

from pathlib import Path

import numpy as np
import pytest
import torch
from ultralytics.nn.tasks import yaml_model_load

from lotwise.students.federation.graph.topologies import ring
from lotwise.students.federation.listening import listen
from lotwise.students.federation.predictions.distributed_distillation import DistributedDistillation
from lotwise.students.federation.predictions.fedmd import FedMD
from lotwise.students.federation.predictions.multi_headed import MultiHeaded
from lotwise.students.federation.predictions.soft_detections import STRIDES, anchor_count
from lotwise.students.federation.predictions.student_says import predict
from lotwise.students.federation.work import Work
from lotwise.teacher.checkpoint import build
from lotwise.teacher.head import decode_boxes
from tests.students.federation.tiny_cameras import SIZE, TinyCamera, nano, reference_set, run

BASES = ("yolov8n.yaml", "yolo11n.yaml", "yolo26n.yaml")


@pytest.fixture(scope="module")
def nanos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("nanos")
    return {base: nano(base, folder) for base in BASES}


def centres():
    """(A, 2) of a SIZE x SIZE input, and (A, 1) strides."""
    rows = []
    for stride in STRIDES:
        y, x = np.mgrid[0 : SIZE // stride, 0 : SIZE // stride]
        rows.append(np.stack([(x + 0.5) * stride, (y + 0.5) * stride, np.full(x.shape, stride)], -1).reshape(-1, 3))
    return np.concatenate(rows)


@pytest.mark.parametrize("base", BASES)
def test_anchors_and_distances_are_those_of_its_own_boxes(nanos, tmp_path, base):
    """Scores and boxes rebuilt from the message's grid are what the student itself decodes."""
    student, pictures = nanos[base], reference_set(tmp_path).pictures
    with torch.no_grad():
        said = listen(student, pictures[:1])
        raw = student.eval()(torch.from_numpy(pictures[0][..., ::-1].copy()).permute(2, 0, 1)[None].float() / 255)[1]
        raw = raw.get("one2many", raw)
        boxes = decode_boxes(student.model[-1], raw)[0].numpy()
    x, y, stride = centres().T
    left, top, right, bottom = said.distances[0].numpy().T * stride
    rebuilt = np.stack([x - left, y - top, x + right, y + bottom], 1)
    assert said.logits.shape == (1, anchor_count((SIZE, SIZE)))
    np.testing.assert_allclose(rebuilt, boxes, atol=1e-3)
    np.testing.assert_allclose(said.logits[0], raw["scores"][0, 0], atol=1e-5)


def test_a_head_of_two_branches_says_what_its_one_to_many_branch_says(tmp_path):
    torch.manual_seed(0)
    both = build(yaml_model_load("yolo26n.yaml") | {"nc": 1, "scale": "n"}, {0: "car"}, Path("yolo26n.yaml"))
    assert both.model[-1].one2one_cv2 is not None
    pictures = reference_set(tmp_path).pictures[:1]
    said = listen(both, pictures)
    said.logits.sum().backward()
    reached = [p.grad is not None for p in both.model[-1].cv3.parameters()]
    assert all(reached)
    assert all(p.grad is None for p in both.model[-1].one2one_cv3.parameters())


@pytest.mark.parametrize("method", [FedMD, DistributedDistillation, MultiHeaded])
def test_all_three_learn_in_one_federation(nanos, tmp_path, method):
    reference = reference_set(tmp_path, 2)
    cameras = {base: TinyCamera(nanos[base], wish) for base, wish in zip(BASES, (0.1, 0.5, 0.9), strict=True)}
    work = Work(1, rate=0.01)
    more = {"digest_steps": 1} if method is FedMD else {"graph": ring(BASES)}
    after = run(method(reference=reference, work=work, keep=20, **more), cameras, 2)
    assert not after.rejected
    assert set(after.kept) == set(BASES)
    for base, camera in cameras.items():
        camera.load(after.kept[base].group("weights"))
        assert np.isfinite(predict(camera.student, reference.pictures).scores).all()
        assert any((camera.begun[name] != array).any() for name, array in camera.weights().items())

"""Any detection model in ONNX is run alike, without torch."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.backends import Backend
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.datasets.errors import InputError
from tests.cameras.models import ours, ultralytics, write_constant

FRAME = np.zeros((128, 128, 3), np.uint8)  # twice the input of 64 pixels
RAW = np.array(  # centre x, centre y, width, height, person, car, truck; one column an anchor
    [
        [20, 20, 10, 10, 0.95, 0.01, 0.02],  # a person
        [40, 40, 20, 10, 0.10, 0.90, 0.30],  # a car
        [41, 40, 20, 10, 0.00, 0.60, 0.20],  # the same car
        [10, 50, 10, 10, 0.00, 0.20, 0.70],  # a truck
        [55, 10, 10, 10, 0.00, 0.10, 0.10],  # hardly anything
    ],
    np.float32,
).T
BACKENDS: tuple[Backend, ...] = ("onnxruntime", "openvino")
CAR, TRUCK = [60, 70, 100, 90], [10, 90, 30, 110]


def check(path: Path) -> None:
    for backend in BACKENDS:
        check_with(load_detector(path, backend=backend))


def check_with(detector: Detector) -> None:
    found = detector([FRAME])[0]
    assert found.boxes.round(1).tolist() == [CAR, TRUCK]
    assert found.scores.tolist() == pytest.approx([0.9, 0.7], abs=1e-3)
    assert set(found.labels.tolist()) == {0}
    assert len(detector([FRAME], confidence=0.05)[0]) == 3
    assert len(detector([FRAME], confidence=0.8)[0]) == 1
    both = detector([FRAME, FRAME[:64]])
    assert [len(each) for each in both] == [2, 2]


def end_to_end(rows: int = 300) -> np.ndarray:
    said = np.zeros((rows, 6), np.float32)
    said[:5] = [
        [15, 15, 25, 25, 0.95, 0],
        [5, 45, 15, 55, 0.7, 2],
        [30, 35, 50, 45, 0.9, 1],
        [50, 5, 60, 15, 0.1, 1],
        [0, 0, 9, 9, 0.05, 0],
    ]
    return said


@pytest.mark.parametrize("options", [{}, {"batch": "batch"}, {"half": True}], ids=["fixed", "dynamic", "half"])
def test_ultralytics_with_suppression_to_do(tmp_path: Path, options: dict) -> None:
    check(ultralytics(tmp_path / "m.onnx", RAW, **options))


@pytest.mark.parametrize("metadata", [{}, {"end2end": "True"}])
def test_ultralytics_end_to_end(tmp_path: Path, metadata: dict) -> None:
    check(ultralytics(tmp_path / "m.onnx", end_to_end(), metadata=metadata))


@pytest.mark.parametrize("batch", [1, "batch"])
def test_our_own_form(tmp_path: Path, batch) -> None:
    boxes = [[30, 35, 50, 45], [31, 35, 51, 45], [5, 45, 15, 55], [50, 5, 60, 15]]
    check(ours(tmp_path / "m.onnx", boxes, [0.9, 0.6, 0.7, 0.1], batch=batch))


def test_frames_of_other_shapes_are_fitted_in(tmp_path: Path) -> None:
    detector = load_detector(ours(tmp_path / "m.onnx", [[0, 16, 64, 48]], [0.9]))
    wide, tall = detector([np.zeros((100, 200, 3), np.uint8), np.zeros((200, 100, 3), np.uint8)])
    assert wide.boxes.tolist() == [[0, 0, 200, 100]]
    assert tall.boxes.tolist() == [[0, 50, 100, 150]]


def test_identity_is_of_the_file(tmp_path: Path) -> None:
    one, two = (ours(tmp_path / f"{n}.onnx", [[0, 0, n, 9]], [0.9]) for n in (1, 2))
    again = tmp_path / "again.onnx"
    again.write_bytes(one.read_bytes())
    assert load_detector(one).identity == load_detector(again).identity != load_detector(two).identity


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (lambda p: p.write_bytes(b"garbage"), "ONNX Runtime cannot load"),
        (lambda p: p.write_bytes(b""), "ONNX Runtime cannot load"),
        (lambda p: None, "neither a bundle folder nor an .onnx"),
        (lambda p: p.mkdir(), "no bundle"),
        (lambda p: write_constant(p, {"probs": np.zeros(10)}), "not a detection model"),
        (lambda p: write_constant(p, {"output0": RAW}), "not a detection model"),
        (lambda p: ultralytics(p, RAW, metadata={"task": "segment"}), "not a detection model"),
        (lambda p: ultralytics(p, RAW, metadata={"names": "{0: 'cat'}"}), "knows none of the classes"),
        (lambda p: ultralytics(p, RAW, metadata={"names": "nonsense("}), "metadata"),
        (lambda p: ultralytics(p, RAW, metadata={"imgsz": "[64]"}), "metadata"),
    ],
)
def test_what_is_no_detection_model_is_refused_in_one_line(tmp_path: Path, write, why: str) -> None:
    path = tmp_path / "m.onnx"
    write(path)
    with pytest.raises(InputError, match=why) as refusal:
        load_detector(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_model_for_other_batches_only_says_so(tmp_path: Path) -> None:
    detector = load_detector(ultralytics(tmp_path / "m.onnx", RAW, batch=4))
    with pytest.raises(InputError, match="4 frames at once"):
        detector([FRAME])

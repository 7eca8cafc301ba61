"""Every backend says the same of the same frames, and says in one line what it cannot run."""

import sys
from importlib import util
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from lotwise.cameras.detection.backends import Backend, can_run, load_network
from lotwise.cameras.detection.backends.network import LIBRARIES
from lotwise.cameras.detection.detector import load_detector
from lotwise.datasets.errors import InputError
from tests.cameras.detection.engine.bundles import write_int8_bundle
from tests.cameras.models import ours, ultralytics, write_constant

BACKENDS: tuple[Backend, ...] = ("onnxruntime", "openvino")
BOXES = [[1.5, 2.25, 30.125, 40.5], [8, 8, 60, 60]]


def frames(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 64, 64, 3), np.uint8)


def write_brightest(path: Path) -> Path:
    """A model that tells the largest value of each colour plane of a frame: red, green, blue in 0..1."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    axes = numpy_helper.from_array(np.array([2, 3], np.int64), "axes")
    node = helper.make_node("ReduceMax", ["images", "axes"], ["planes"], keepdims=0)
    pixels = helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, 64, 64])
    planes = helper.make_tensor_value_info("planes", TensorProto.FLOAT, ["batch", 3])
    graph = helper.make_graph([node], "brightest", [pixels], [planes], [axes])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


@pytest.mark.parametrize("backend", BACKENDS)
def test_name_input_outputs_and_metadata(tmp_path: Path, backend: Backend) -> None:
    network = load_network(ours(tmp_path / "m.onnx", BOXES, [0.9, 0.5]), backend)
    assert network.name == backend
    assert network.input == (None, 64, 64)
    assert list(network.outputs) == ["boxes", "scores"]
    assert network.outputs["boxes"][1:] == (2, 4)
    said = ultralytics(tmp_path / "u.onnx", np.zeros((7, 9), np.float32))
    assert load_network(said, backend).metadata["task"] == "detect"


@pytest.mark.parametrize("backend", BACKENDS)
def test_pixels_go_in_as_red_green_blue_from_zero_to_one(tmp_path: Path, backend: Backend) -> None:
    network = load_network(write_brightest(tmp_path / "m.onnx"), backend)
    image = np.zeros((1, 64, 64, 3), np.uint8)
    image[0, 5, 7] = (51, 102, 255)  # blue, green, red
    assert network(image)[0] == pytest.approx(np.array([[1.0, 0.4, 0.2]]), abs=1e-3)


def test_backends_say_the_same(tmp_path: Path) -> None:
    path = ours(tmp_path / "m.onnx", BOXES, [0.9, 0.123])
    (boxes, scores), (others, as_sure) = (load_network(path, backend)(frames(1)) for backend in BACKENDS)
    assert boxes == pytest.approx(others, abs=1e-3)
    assert scores == pytest.approx(as_sure, abs=1e-3)
    assert boxes[0] == pytest.approx(np.array(BOXES), abs=1e-3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_three_frames_give_three_results_in_order(tmp_path: Path, backend: Backend) -> None:
    network = load_network(write_brightest(tmp_path / "m.onnx"), backend)
    images = np.zeros((3, 64, 64, 3), np.uint8)
    images[0, ..., 0], images[1, ..., 1], images[2, ..., 2] = 255, 255, 255
    (planes,) = network(images)
    assert planes.shape == (3, 3)
    assert planes.tolist() == [[0, 0, 1], [0, 1, 0], [1, 0, 0]]


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_was_said_of_one_frame_stays_when_the_next_comes(tmp_path: Path, backend: Backend) -> None:
    network = load_network(write_brightest(tmp_path / "m.onnx"), backend)
    white = network(np.full((1, 64, 64, 3), 255, np.uint8))[0]
    network(np.zeros((1, 64, 64, 3), np.uint8))
    assert white.tolist() == [[1, 1, 1]]


@pytest.mark.parametrize("backend", BACKENDS)
def test_after_a_rest_the_same_is_said(tmp_path: Path, backend: Backend) -> None:
    network = load_network(write_brightest(tmp_path / "m.onnx"), backend)
    images = frames(1)
    before = network(images)[0].tolist()
    for _ in range(2):
        network.rest()
        assert network(images)[0].tolist() == before


def broken(path: Path, kind: str) -> Path:
    match kind:
        case "nothing":
            return path
        case "empty":
            path.write_bytes(b"")
        case "text":
            path.write_text("no model at all\n")
        case "cut off":
            content = ours(path, BOXES, [0.9, 0.5]).read_bytes()
            path.write_bytes(content[: len(content) // 2])
        case "flat":
            import onnx
            from onnx import TensorProto, helper

            one, two = (helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in "ab")
            graph = helper.make_graph([helper.make_node("Relu", ["a"], ["b"])], "flat", [one], [two])
            onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), path)
    return path


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", ["nothing", "empty", "text", "cut off", "flat"])
def test_a_broken_file_is_one_line_that_names_it(tmp_path: Path, backend: Backend, kind: str) -> None:
    path = broken(tmp_path / "m.onnx", kind)
    with pytest.raises(InputError) as refused:
        load_network(path, backend)
    assert str(refused.value).startswith(f"{path}: ")
    assert "\n" not in str(refused.value)


def test_openvino_refuses_a_model_for_other_batches(tmp_path: Path) -> None:
    path = ours(tmp_path / "m.onnx", BOXES, [0.9, 0.5], batch=4)
    with pytest.raises(InputError, match="takes 4 frames at once; export it with batch 1 or dynamic"):
        load_network(path, "openvino")


@pytest.fixture
def no_openvino(monkeypatch) -> None:
    """As on a machine where OpenVINO is not installed."""
    found = util.find_spec
    absent = lambda name, *more: None if name == "openvino" else found(name, *more)  # noqa: E731
    monkeypatch.setattr("lotwise.cameras.detection.backends.network.find_spec", absent)
    for name in [name for name in sys.modules if name.partition(".")[0] == "openvino"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "openvino", None)  # importing it is a ModuleNotFoundError from here on


def write_bundle(folder: Path) -> Path:
    """A bundle whose INT8 model says other scores than the float one."""
    write_int8_bundle(folder, scores=(0.7, 0.6))
    return folder


def test_without_openvino_auto_takes_onnx_runtime_and_asking_for_it_is_one_line(tmp_path: Path, no_openvino) -> None:
    path = ours(tmp_path / "m.onnx", BOXES, [0.9, 0.5])
    assert load_network(path, "auto").name == "onnxruntime"
    with pytest.raises(InputError, match=r"^detector\.backend: OpenVINO is not installed; pip install openvino, or"):
        load_network(path, "openvino")


def test_a_broken_openvino_is_one_line(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "openvino.py").write_text("raise ImportError('libtbb.so.12: cannot open\\n shared object file')\n")
    for name in [name for name in sys.modules if name.partition(".")[0] == "openvino"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(InputError, match=r"OpenVINO cannot be imported \(libtbb.so.12: cannot open shared object file"):
        load_network(ours(tmp_path / "m.onnx", BOXES, [0.9, 0.5]), "openvino")


def test_only_openvino_runs_its_own_form(tmp_path: Path) -> None:
    folder = write_bundle(tmp_path / "b")
    assert load_network(folder / "int8.xml", "openvino")(frames(1))[1] == pytest.approx(
        np.array([[0.7, 0.6]]), abs=1e-3
    )
    with pytest.raises(InputError, match=r"int8\.xml: only OpenVINO runs it"):
        load_network(folder / "int8.xml", "onnxruntime")


@pytest.mark.parametrize(
    ("precision", "backend", "scores"),
    [
        ("auto", "auto", [0.7, 0.6]),
        ("auto", "openvino", [0.7, 0.6]),
        ("auto", "onnxruntime", [0.9, 0.8]),
        ("float", "openvino", [0.9, 0.8]),
    ],
)
def test_precision_is_what_the_backend_can_run(tmp_path: Path, precision, backend: Backend, scores) -> None:
    detector = load_detector(write_bundle(tmp_path / "b"), 1, backend, precision)
    assert detector([frames(1)[0]])[0].scores == pytest.approx(scores, abs=1e-3)
    assert detector.precision == ("int8" if scores[0] == 0.7 else "float")


def test_precision_auto_is_float_where_nothing_runs_int8(tmp_path: Path, request) -> None:
    folder = write_bundle(tmp_path / "b")
    request.getfixturevalue("no_openvino")
    assert not can_run("int8.xml", "auto")
    assert load_detector(folder, 1, "auto", "auto").precision == "float"
    with pytest.raises(InputError, match="only OpenVINO runs it; pip install openvino"):
        load_detector(folder, 1, "auto", "int8")


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_xml_without_its_weights_is_one_line(tmp_path: Path, backend: Backend) -> None:
    folder = write_bundle(tmp_path / "b")
    (folder / "int8.bin").unlink()
    with pytest.raises(InputError, match=r"int8\.xml: ") as refused:
        load_network(folder / "int8.xml", backend)
    assert "\n" not in str(refused.value)


def test_openvino_keeps_what_it_compiled(tmp_path: Path) -> None:
    path = ours(tmp_path / "m.onnx", BOXES, [0.9, 0.5])
    for _ in range(2):
        said = load_network(path, "openvino", 1, tmp_path / "cache")(frames(1))
        assert said[1] == pytest.approx(np.array([[0.9, 0.5]]), abs=1e-3)
    assert list((tmp_path / "cache").iterdir())


def test_half_precision_models_give_whole_floats(tmp_path: Path) -> None:
    path = write_constant(tmp_path / "m.onnx", {"boxes": np.array(BOXES), "scores": np.array([0.5, 0.25])}, half=True)
    for backend in BACKENDS:
        boxes, scores = load_network(path, backend)(frames(1))
        assert boxes.dtype == scores.dtype == np.float32
        assert scores.tolist() == [[0.5, 0.25]]


def test_every_backend_that_the_settings_name_can_be_loaded() -> None:
    assert {"auto", *LIBRARIES} == set(get_args(Backend))


def test_a_file_that_no_library_runs_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "model.hef").write_bytes(b"x")
    with pytest.raises(InputError, match=r"model\.hef: no library is known that runs a \.hef file; export"):
        load_network(tmp_path / "model.hef")

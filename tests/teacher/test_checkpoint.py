"""Model files: what is read, exactly, and what is refused without being run."""

import collections
import json
import os
import zipfile
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from ultralytics.nn.tasks import ClassificationModel, DetectionModel, SegmentationModel

from lotwise.datasets.errors import InputError
from lotwise.teacher.checkpoint import build, fingerprint, load_model, save_model
from lotwise.teacher.head import narrow_head, vehicle_logits
from tests.models import COCO_LIKE, save_like_ultralytics, tiny_yolo

PICTURE = torch.rand(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))


@torch.inference_mode()
def says(model: torch.nn.Module) -> torch.Tensor:
    return model(PICTURE)[0]


@pytest.fixture(scope="module")
def model() -> DetectionModel:
    return tiny_yolo(names=COCO_LIKE)


@pytest.mark.parametrize("base", ["yolov8n.yaml", "yolo11n.yaml", "yolo26n.yaml"])
def test_ultralytics_checkpoint_says_exactly_what_it_said_before(tmp_path: Path, base: str) -> None:
    path = save_like_ultralytics(tiny_yolo(names=COCO_LIKE, base=base), tmp_path / "m.pt")
    truth = torch.load(path, weights_only=False)["model"].float().eval()
    read = load_model(path)
    assert torch.equal(says(read), says(truth))
    assert read.names == COCO_LIKE
    assert not read.training


@pytest.mark.shared
@pytest.mark.parametrize("name", ["yolov8n.pt", "yolo11n.pt", "yolo26n.pt"])
def test_official_weights_say_exactly_what_ultralytics_says(shared: Path, name: str) -> None:
    path = shared / "weights" / name
    truth = torch.load(path, weights_only=False)["model"].float().eval()
    assert torch.equal(says(load_model(path)), says(truth))


def test_averaged_weights_and_numpy_figures_of_a_training_run_are_read(tmp_path: Path, model: DetectionModel) -> None:
    import numpy as np

    other = tiny_yolo(5, names=COCO_LIKE)
    torch.save({"model": other, "ema": model, "train_metrics": {"fitness": np.float64(0.5)}}, tmp_path / "best.pt")
    assert fingerprint(load_model(tmp_path / "best.pt")) == fingerprint(model)


def test_safetensors_round_trip_is_exact_and_the_same_model(tmp_path: Path, model: DetectionModel) -> None:
    save_model(model, tmp_path / "m.safetensors")
    read = load_model(tmp_path / "m.safetensors")
    assert torch.equal(says(read), says(model))
    assert fingerprint(read) == fingerprint(model)
    assert list(tmp_path.iterdir()) == [tmp_path / "m.safetensors"]


def test_the_same_model_gives_the_same_file(tmp_path: Path, model: DetectionModel) -> None:
    files = [tmp_path / f"{number}.safetensors" for number in range(8)]
    for file in files:
        save_model(model, file)
    assert len({file.read_bytes() for file in files}) == 1


def test_half_precision_is_half_the_size_and_nearly_the_same(tmp_path: Path, model: DetectionModel) -> None:
    save_model(model, tmp_path / "whole.safetensors")
    save_model(model, tmp_path / "half.safetensors", half=True)
    sizes = [(tmp_path / f"{name}.safetensors").stat().st_size for name in ("half", "whole")]
    assert sizes[0] < 0.6 * sizes[1]
    off = (says(load_model(tmp_path / "half.safetensors")) - says(model)).abs()
    assert 0 < off.median() < 0.05


def test_fingerprint_is_of_the_weights_not_of_the_file(model: DetectionModel) -> None:
    changed = tiny_yolo(names=COCO_LIKE)
    assert fingerprint(changed) == fingerprint(model)
    with torch.no_grad():
        changed.model[0].conv.weight[0, 0, 0, 0] += 1e-3
    assert fingerprint(changed) != fingerprint(model)


@pytest.mark.parametrize("base", ["yolov8n.yaml", "yolo26n.yaml"])
def test_narrow_head_says_of_vehicles_just_what_the_wide_one_said(base: str) -> None:
    wide, narrow = tiny_yolo(names=COCO_LIKE, base=base), tiny_yolo(names=COCO_LIKE, base=base)
    narrow_head(narrow, [1, 3])
    with torch.inference_mode():
        before, after = wide(PICTURE)[1], narrow(PICTURE)[1]
    before, after = before.get("one2many", before), after.get("one2many", after)
    # The same sums, though in another order of additions.
    torch.testing.assert_close(vehicle_logits(after), vehicle_logits(before, [1, 3]), atol=1e-4, rtol=1e-5)
    assert torch.equal(after["boxes"], before["boxes"])
    assert narrow.names == {0: "car", 1: "truck"}


def test_narrowed_model_survives_the_file(tmp_path: Path) -> None:
    narrow = tiny_yolo(names=COCO_LIKE)
    narrow_head(narrow, [1, 3])
    save_model(narrow, tmp_path / "m.safetensors")
    read = load_model(tmp_path / "m.safetensors")
    assert torch.equal(says(read), says(narrow))
    assert read.names == {0: "car", 1: "truck"}


class Runs:
    """Makes a file when it is unpickled, if something is careless enough."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.said = (function, arguments)

    def __reduce__(self):
        return self.said


class OfMine:
    """A class of somebody's project."""


def architecture(**changed: object) -> dict:
    return dict(tiny_yolo().yaml) | changed


@pytest.mark.parametrize(
    "content",
    [
        lambda trap: Runs(os.system, f"touch {trap}"),  # a shell command
        lambda trap: Runs(eval, f"open({str(trap)!r}, 'w')"),  # builtins
        lambda trap: Runs(print, "hello"),  # harmless, and still somebody's code
        lambda trap: OfMine(),  # a class that is not Ultralytics'
        # A class of Ultralytics, called with an architecture whose activation Ultralytics evaluates.
        lambda trap: Runs(DetectionModel, architecture(activation=f"open({str(trap)!r}, 'w') and nn.SiLU()")),
        # A function of Ultralytics that loads another pickle.
        lambda trap: Runs(__import__("ultralytics.nn.tasks", fromlist=["x"]).torch_safe_load, str(trap)),
    ],
    ids=["os.system", "eval", "print", "foreign class", "constructor", "loader"],
)
def test_checkpoint_with_foreign_code_is_refused_and_does_not_run(tmp_path: Path, content, capsys) -> None:
    trap, path = tmp_path / "trap", tmp_path / "evil.pt"
    torch.save({"model": content(trap)}, path)
    with pytest.raises(InputError, match=r"evil\.pt"):
        load_model(path)
    assert not trap.exists()
    assert "hello" not in capsys.readouterr().out


def write_state_dict(path: Path) -> None:
    torch.save(tiny_yolo().state_dict(), path)


def write_segmentation(path: Path) -> None:
    torch.save({"model": SegmentationModel("yolov8n-seg.yaml", nc=2, verbose=False)}, path)


def write_classification(path: Path) -> None:
    torch.save({"model": ClassificationModel("yolov8n-cls.yaml", nc=2, verbose=False)}, path)


def write_truncated(path: Path) -> None:
    save_like_ultralytics(tiny_yolo(), path)
    path.write_bytes(path.read_bytes()[:-4000])


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("readme.txt", "no tensors here")


@pytest.mark.parametrize(
    ("write", "why"),
    [
        (write_state_dict, "no model"),
        (write_segmentation, "SegmentationModel"),
        (write_classification, "ClassificationModel"),
        (write_truncated, "not a PyTorch checkpoint"),
        (write_zip, "not a PyTorch checkpoint"),
        (lambda path: path.write_bytes(bytes(range(200)) * 5), "not a PyTorch checkpoint"),
        (lambda path: path.write_bytes(b""), "not a PyTorch checkpoint"),
        (lambda path: torch.save([1, 2], path), "cannot be read|no model"),
        (lambda path: torch.save({"ema": torch.zeros(3), "model": torch.zeros(3)}, path), "no model"),
        (lambda path: torch.save({"model": collections.OrderedDict()}, path), "no model"),
        (lambda path: None, "no such"),
        (lambda path: path.mkdir(), "no such|not a"),
    ],
)
def test_file_that_holds_no_detection_model_is_refused_in_one_line(tmp_path: Path, write, why: str) -> None:
    path = tmp_path / "w.pt"
    write(path)
    with pytest.raises(InputError, match=why) as refusal:
        load_model(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


ONE = {"x": torch.zeros(1)}
NAMES = json.dumps({0: "vehicle"})


@pytest.mark.parametrize(
    ("header", "why"),
    [
        (None, "no lotwise model"),
        ({"architecture": "{}"}, "no lotwise model"),
        ({"architecture": "{", "names": NAMES}, "no lotwise model"),
        ({"architecture": "3", "names": NAMES}, "no lotwise model"),
        ({"architecture": "{}", "names": "[]"}, "no lotwise model"),
        ({"architecture": "{}", "names": '{"a": "b"}'}, "no lotwise model"),
        ({"architecture": "{}", "names": NAMES}, "not an architecture"),
        ({"architecture": json.dumps(architecture()), "names": NAMES}, "do not fit"),
        ({"architecture": json.dumps(architecture()), "names": "{}"}, "class names"),
    ],
)
def test_safetensors_that_hold_no_model_are_refused(tmp_path: Path, header, why: str) -> None:
    path = tmp_path / "w.safetensors"
    save_file(ONE, path, header)
    with pytest.raises(InputError, match=why) as refusal:
        load_model(path)
    assert str(path) in str(refusal.value)


@pytest.mark.parametrize("data", [b"", b"\x00" * 8, bytes(range(100))])
def test_garbage_safetensors_are_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "w.safetensors").write_bytes(data)
    with pytest.raises(InputError, match="not a readable safetensors"):
        load_model(tmp_path / "w.safetensors")


@pytest.mark.parametrize(
    "changed",
    [
        {"activation": "__import__('os').system('true') or nn.SiLU()"},
        {"activation": "nn.SiLU().__class__()"},
        {"backbone": [[-1, 1, "check_requirements", ["a-package"]]]},  # a function of ultralytics.nn.tasks
        {"backbone": [[-1, 1, "torch_safe_load", ["a.pt"]]]},
        {"backbone": [[-1, 1, "nn.init.zeros_", []]]},
        {"backbone": [[-1, 1, "DetectionModel", [{"activation": "print()"}]]]},
        {"backbone": [[-1, 1, "TorchVision", [8, "resnet18", "DEFAULT"]]]},  # would download weights
    ],
)
def test_architecture_that_would_run_something_is_refused(tmp_path: Path, changed: dict) -> None:
    path = tmp_path / "w.safetensors"
    save_file(ONE, path, {"architecture": json.dumps(architecture(**changed)), "names": NAMES})
    with pytest.raises(InputError, match="is refused"):
        load_model(path)


@pytest.mark.parametrize("activation", ["nn.SiLU()", "torch.nn.ReLU(inplace=True)"])
def test_plain_activations_are_read(activation: str) -> None:
    from ultralytics.nn.modules import Conv

    usual = Conv.default_act
    model = build(architecture(activation=activation), {0: "vehicle"}, Path("here"))
    assert type(model.model[0].act).__name__ in activation
    assert Conv.default_act is usual


def test_weights_fine_tuned_to_fewer_classes_in_a_wide_head_are_read(tmp_path: Path) -> None:
    """Ultralytics keeps the width of the old head and notes only the new number of classes."""
    wide = tiny_yolo(names={index: f"thing {index}" for index in range(80)})
    narrow_head(wide, [2])
    wide.names = {0: "vehicle"}
    wide.yaml["nc"] = 1
    assert wide.model[-1].cv3[0][-1].in_channels > tiny_yolo(names={0: "vehicle"}).model[-1].cv3[0][-1].in_channels
    read = load_model(save_like_ultralytics(wide, tmp_path / "last.pt"))
    pixels = torch.rand(1, 3, 64, 64)
    assert torch.equal(read(pixels)[0], wide.eval()(pixels)[0])
    save_model(read, tmp_path / "again.safetensors")
    assert torch.equal(load_model(tmp_path / "again.safetensors")(pixels)[0], read(pixels)[0])

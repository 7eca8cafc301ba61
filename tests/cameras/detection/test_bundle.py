"""A bundle is what its manifest says, or it is refused in one line."""

import json
from pathlib import Path

import onnx
import pytest
from onnx import TensorProto

from lotwise.cameras.detection.bundle import (
    MANIFEST,
    MODEL,
    Manifest,
    parse_manifest,
    read_manifest,
    sha256,
    write_manifest,
)
from lotwise.cameras.detection.detector import load_detector
from lotwise.datasets.errors import InputError
from tests.cameras.bundles import SLOTS, write_constant_bundle


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_constant_bundle(tmp_path / "b")


def edit(bundle: Path, **changed) -> None:
    content = json.loads((bundle / MANIFEST).read_text())
    (bundle / MANIFEST).write_text(json.dumps(content | changed))


def test_a_whole_bundle_is_read_and_its_slots_come_along(bundle: Path) -> None:
    manifest = read_manifest(bundle)
    assert len(manifest.identity) == 16
    detector = load_detector(bundle)
    assert detector.identity == manifest.identity
    assert [slot.id for slot in detector.slots] == ["1", "2"]
    assert detector.slots[0].box(64, 64).tolist() == [8, 16, 24, 32]


def test_thresholds_of_the_manifest_are_those_that_run(bundle: Path) -> None:
    import numpy as np

    edit(bundle, confidence=0.85)
    assert len(load_detector(bundle)([np.zeros((64, 64, 3), np.uint8)])[0]) == 1


def test_identity_changes_with_whatever_the_manifest_says(bundle: Path) -> None:
    before = read_manifest(bundle).identity
    edit(bundle, confidence=0.3)
    assert read_manifest(bundle).identity != before


OLD = json.dumps(
    {
        "format": 1, "camera": "C1", "role": "student", "input": [640, 480], "classes": ["vehicle"],
        "confidence": 0.25, "overlap": 0.7, "files": {"model.onnx": "0" * 64, "student.safetensors": "1" * 64},
        "slots": [{"id": "603", "polygon": [[0.3989197611808777, 0.84], [0.49, 0.84], [0.49, 0.967], [0.4, 0.97]]}],
        "slot_model": {
            "places": [{"slot": "603", "box": [0.1, 0.2, 0.3, 0.4], "size": 0.05, "shift": 1e-05, "stretch": 0.0}],
            "frames": 12,
        },
        "teacher": {"weights": "yolo26x.pt", "scales": [640, 1280]}, "training": {"loss": 0.30000000000000004},
        "measured": {"export": {"score": 2.1e-07, "frames": 4}},
    }
)  # fmt: skip
"""As the first version of lotwise wrote it, into a folder named ea22dbed29e2bce1."""


def test_a_bundle_of_the_first_version_keeps_its_identity(tmp_path: Path) -> None:
    folder = tmp_path / "ea22dbed29e2bce1"
    folder.mkdir()
    (folder / MANIFEST).write_text(OLD)
    manifest = parse_manifest(folder)
    assert manifest.identity == folder.name
    assert manifest.models == {"float": MODEL}
    write_manifest(folder, manifest)
    assert json.loads((folder / MANIFEST).read_text()) == json.loads(OLD)


def test_a_second_artefact_is_vouched_for_and_changes_the_identity(bundle: Path) -> None:
    one = read_manifest(bundle)
    (bundle / "int8.xml").write_text("<net/>")
    (bundle / "int8.bin").write_bytes(b"weights")
    files = {name: sha256(bundle / name) for name in (MODEL, "int8.xml", "int8.bin")}
    changed = {"files": files, "models": {"float": MODEL, "int8": "int8.xml"}}
    write_manifest(bundle, Manifest.model_validate(one.model_dump() | changed))
    both = read_manifest(bundle)
    assert both.models["int8"] == "int8.xml"
    assert both.identity != one.identity
    (bundle / "int8.bin").write_bytes(b"others")
    with pytest.raises(InputError, match=r"int8\.bin: changed since it was exported"):
        read_manifest(bundle)


def test_a_folder_named_by_another_identity_is_refused(bundle: Path) -> None:
    identity = read_manifest(bundle).identity
    renamed = bundle.rename(bundle.with_name("0123456789abcdef"))
    with pytest.raises(InputError, match=rf"0123456789abcdef: holds bundle {identity}, so it was renamed"):
        load_detector(renamed)
    assert load_detector(renamed.rename(bundle.with_name(identity))).identity == identity


def break_file(bundle: Path) -> None:
    data = bytearray((bundle / MODEL).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / MODEL).write_bytes(data)


def no_model(bundle: Path) -> None:
    (bundle / MODEL).write_text("no model at all")
    edit(bundle, files={MODEL: sha256(bundle / MODEL)})


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (break_file, r"model\.onnx: changed since it was exported"),
        (lambda b: (b / MODEL).unlink(), r"model\.onnx: missing"),
        (lambda b: (b / MANIFEST).unlink(), "no bundle"),
        (lambda b: (b / MANIFEST).write_text("{"), r"manifest\.json: the file: Invalid JSON"),
        (lambda b: (b / MANIFEST).write_bytes(b"\xff\xfe"), r"manifest\.json"),
        (lambda b: edit(b, confidence=3), r"manifest\.json: confidence"),
        (lambda b: edit(b, extra=3), r"manifest\.json: extra"),
        (lambda b: edit(b, format=2), r"manifest\.json: format: expected 1; update lotwise"),
        (lambda b: edit(b, files={}), r"manifest\.json: files: does not list model\.onnx"),
        (
            lambda b: edit(b, files={"../x": "0" * 64}),
            r"files\.\.\./x: must match pattern .* \(name of a file in the bundle\)",
        ),
        (lambda b: edit(b, files={"/etc/passwd": "0" * 64}), r"passwd: must match pattern .* \(name of a file"),
        (lambda b: edit(b, files={MODEL: "abc"}), r"files\.model\.onnx: must match pattern .* \(sha256 of a file"),
        (lambda b: edit(b, models={"float": "../m.onnx"}), r"models\.float: must match pattern"),
        (lambda b: edit(b, models={"half": MODEL}), r"models\.half: expected 'float' or 'int8'"),
        (lambda b: edit(b, models={"int8": MODEL}), r"models: does not name a float model"),
        (lambda b: edit(b, models={"float": "m.xml"}, files={"m.xml": "0" * 64}), r"files: does not list m\.bin"),
        (
            lambda b: edit(b, slots=[{"id": "7", "polygon": [[0, 0], [1, 1]]}]),
            r"slots: slot 7: expected at least three",
        ),
        (
            lambda b: edit(b, slots=[{"id": "7", "polygon": [[0, 0], [900, 0], [9, 9]]}]),
            r"slots: slot 7: its corners are in pixels",
        ),
        (lambda b: edit(b, slots=[SLOTS[0], SLOTS[0]]), r"slots: slot 1: is there twice"),
        (lambda b: edit(b, slots=[{"id": "7"}]), r"slots\.0\.polygon: field required"),
        (no_model, r"model\.onnx: cannot be loaded, for it is no ONNX file"),
    ],
)
def test_a_harmed_bundle_is_refused(bundle: Path, harm, why: str) -> None:
    harm(bundle)
    with pytest.raises(InputError, match=why) as refusal:
        load_detector(bundle)
    assert str(bundle) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def keep_weights_beside(bundle: Path, location: str) -> None:
    """The same model, with its weights in another file."""
    model, weights = onnx.load(bundle / MODEL), bytearray()
    for tensor in model.graph.initializer:
        if tensor.name.endswith("_said"):
            for key, value in (("location", location), ("offset", len(weights)), ("length", len(tensor.raw_data))):
                tensor.external_data.add(key=key, value=str(value))
            weights += tensor.raw_data
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
    (bundle / MODEL).write_bytes(model.SerializeToString())
    (bundle / location).write_bytes(weights)
    edit(bundle, files={name: sha256(bundle / name) for name in (MODEL, location)})


def test_weights_beside_the_model_need_the_manifest_to_vouch_for_them(bundle: Path) -> None:
    keep_weights_beside(bundle, "weights.bin")
    assert load_detector(bundle).manifest is not None
    edit(bundle, files={MODEL: sha256(bundle / MODEL)})
    with pytest.raises(InputError, match=r"model\.onnx: keeps weights in weights\.bin, which the manifest"):
        load_detector(bundle)


@pytest.mark.parametrize("given", [(64, 128), (32, 32), (640, 480)])
def test_an_input_that_does_not_fit_the_network_is_refused(bundle: Path, given: tuple[int, int]) -> None:
    edit(bundle, input=given)
    with pytest.raises(InputError, match=rf"input: says {given[0]} x {given[1]} .* takes 64 x 64; export"):
        load_detector(bundle)

"""A bundle is what its manifest says, or it is refused in one line."""

import json
from pathlib import Path

import pytest

from cameras.bundle import MANIFEST, MODEL, read_manifest
from cameras.detector import load_detector
from datasets.errors import InputError
from tests.cameras.bundles import write_constant_bundle


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


def break_file(bundle: Path) -> None:
    data = bytearray((bundle / MODEL).read_bytes())
    data[len(data) // 2] ^= 1
    (bundle / MODEL).write_bytes(data)


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
        (lambda b: edit(b, format=2), r"manifest\.json: format"),
        (lambda b: edit(b, files={}), r"manifest\.json: files: does not list model\.onnx"),
    ],
)
def test_a_harmed_bundle_is_refused(bundle: Path, harm, why: str) -> None:
    harm(bundle)
    with pytest.raises(InputError, match=why) as refusal:
        load_detector(bundle)
    assert str(bundle) in str(refusal.value)
    assert "\n" not in str(refusal.value)

"""Which ways to run a bundle a site's settings and the machine leave open."""

from importlib import util
from pathlib import Path

import pytest

from lotwise.cameras.detection.backends.network import LIBRARIES
from lotwise.cameras.detection.engine.engine import (
    EXACT,
    Engine,
    default_engine,
    engine_of,
    load_engine,
    possible_engines,
)
from lotwise.cameras.site.detector import DetectorSettings
from lotwise.datasets.errors import InputError
from tests.cameras.detection.engine.bundles import write_int8_bundle


def names(bundle: Path, **settings) -> list[str]:
    return [str(one) for one in possible_engines(write_int8_bundle(bundle), DetectorSettings(**settings))]


@pytest.fixture
def formats(monkeypatch):
    """A processor with bf16, whatever this one has."""
    from dataclasses import replace

    known = dict(LIBRARIES)
    able = replace(known["openvino"], number_formats=lambda: ("f32", "bf16", "f16"))
    monkeypatch.setitem(LIBRARIES, "openvino", able)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {},
            ["OpenVINO INT8 and f32", "OpenVINO INT8 and bf16", "OpenVINO f32", "OpenVINO bf16", "OpenVINO f16",
             "ONNX Runtime f32"],
        ),
        ({"precision": "int8"}, ["OpenVINO INT8 and f32", "OpenVINO INT8 and bf16"]),
        ({"precision": "float", "backend": "openvino"}, ["OpenVINO f32", "OpenVINO bf16", "OpenVINO f16"]),
        ({"backend": "onnxruntime"}, ["ONNX Runtime f32"]),
        ({"number_format": "f32"}, ["OpenVINO INT8 and f32", "OpenVINO f32", "ONNX Runtime f32"]),
        # Asked for by name it is run, slow or not.
        ({"number_format": "f16", "precision": "int8"}, ["OpenVINO INT8 and f16"]),
    ],
)  # fmt: skip
def test_what_the_settings_leave_open(tmp_path: Path, formats, settings, expected) -> None:
    assert names(tmp_path / "b", **settings) == expected


def test_a_box_without_openvino_runs_the_float_model(tmp_path: Path, monkeypatch) -> None:
    bundle = tmp_path / "b"
    manifest = write_int8_bundle(bundle)
    found = util.find_spec
    absent = lambda name, *more: None if name == "openvino" else found(name, *more)  # noqa: E731
    monkeypatch.setattr("lotwise.cameras.detection.backends.network.find_spec", absent)
    assert possible_engines(manifest, DetectorSettings()) == (EXACT,)


def test_the_default_engine_is_int8_in_openvino_and_f32(tmp_path: Path) -> None:
    manifest = write_int8_bundle(tmp_path / "b")
    assert str(default_engine(manifest, DetectorSettings())) == "OpenVINO INT8 and f32"


def test_a_detector_says_how_it_is_run(tmp_path: Path) -> None:
    manifest = write_int8_bundle(tmp_path / "b")
    for engine in possible_engines(manifest, DetectorSettings()):
        assert engine_of(load_engine(tmp_path / "b", engine, 1)) == engine


def test_a_number_format_that_the_library_has_not_is_one_line(tmp_path: Path) -> None:
    write_int8_bundle(tmp_path / "b")
    asked = Engine(backend="onnxruntime", precision="float", number_format="bf16")
    with pytest.raises(InputError, match=r"ONNX Runtime computes in f32 only; give number_format: f32, or backend"):
        load_engine(tmp_path / "b", asked, 1)

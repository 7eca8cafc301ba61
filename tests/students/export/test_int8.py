"""INT8 is deployed only where it says what the float model says; else the bundle says why not."""

import logging
import re
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import pytest

from lotwise.cameras.detection.bundle import read_manifest
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.detection.model_comparison import compare
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.load import load
from lotwise.datasets.synthetic import render_site
from lotwise.students.export import int8
from lotwise.students.export.bundle import write_bundle
from lotwise.students.export.int8 import INT8, add_int8, refusal, verdict
from lotwise.students.export.quantize import calibration, spread
from lotwise.students.export.settings import ExportSettings
from lotwise.students.model.student import make_student
from lotwise.students.pretrained import NANO

pytest.importorskip("nncf", reason="INT8 models are made by NNCF: pip install 'lotwise[train]'")
pytest.importorskip("openvino", reason="INT8 models are run by OpenVINO")

SIZE = (256, 192)
CAMERA = "C1"


@pytest.fixture(scope="module")
def nano():
    return make_student(NANO)


@pytest.fixture(scope="module")
def parking(tmp_path_factory):
    return render_site(
        tmp_path_factory.mktemp("parking"), cameras=1, days=2, frames_per_day=4, width=480, height=360, seed=3
    )


@pytest.fixture(scope="module")
def frames(parking) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Those of the first day, to learn from, and those of the second."""
    days: dict[str, list[Frame]] = {}
    for frame in parking.frames:
        days.setdefault(str(frame.taken.date()), []).append(frame)
    first, second = ([load(frame) for frame in day] for day in days.values())
    return first, second


@pytest.fixture
def bundle(nano, parking, frames, tmp_path: Path) -> Path:
    folder = tmp_path / "b"
    slots = parking.slots[CAMERA]
    write_bundle(nano, folder, camera=CAMERA, role="baseline", size=SIZE, check=frames[1][:1], slots=slots)
    return folder


def add(nano, bundle: Path, frames, settings=None):
    return add_int8(nano, bundle, frames[0], lambda: frames[1], settings or ExportSettings(samples=8))


def test_the_int8_model_says_what_the_float_model_says(nano, bundle: Path, frames, capfd) -> None:
    before = read_manifest(bundle)
    manifest = add(nano, bundle, frames, ExportSettings(samples=8, agreement=0.9, slot_agreement=0.9))
    said = capfd.readouterr()
    assert "nncf" not in said.out.lower() + said.err.lower()
    assert "%" not in said.out
    assert manifest.models == {"float": "model.onnx", "int8": INT8}
    assert set(manifest.files) - set(before.files) == {"model.int8.xml", "model.int8.bin"}
    measured = manifest.measured["int8"]
    assert measured["agreement"] >= 0.9
    assert measured["slot_agreement"] >= 0.9
    assert (measured["frames"], measured["vehicles"] > 0) == (4, True)
    assert measured["size_bytes"] < (bundle / "model.onnx").stat().st_size / 2
    assert verdict(measured).startswith("INT8 accepted: F1 ")
    assert manifest.measured["export"] == before.measured["export"]

    exact, quick = load_detector(bundle), load_detector(bundle, backend="openvino", precision="int8")
    found = compare(exact, quick, frames[1])
    assert {name: found[name] for name in found} == {name: measured[name] for name in found}


def test_handlers_of_others_hear_what_they_heard_before(nano, bundle: Path, frames) -> None:
    """NNCF's own way to be quiet muted the handlers that pytest adds to its logger, and with them every later test."""
    handler = logging.NullHandler()
    logging.getLogger("nncf").addHandler(handler)
    try:
        add(nano, bundle, frames, ExportSettings(samples=1))
    finally:
        logging.getLogger("nncf").removeHandler(handler)
    assert handler.level == logging.NOTSET


def test_without_a_frame_to_compare_on_there_is_no_int8_model(nano, bundle: Path, frames) -> None:
    manifest = add_int8(nano, bundle, frames[0], lambda: [], ExportSettings(samples=2))
    assert manifest.models == {"float": "model.onnx"}
    assert "no frame is left that it was not calibrated on" in manifest.measured["int8"]["refused"]
    assert not list(bundle.glob("*int8*"))


def test_what_it_was_compared_on_is_told() -> None:
    found = {"frames": 3, "vehicles": 5, "agreement": 0.5, "slot_agreement": None, "on": "relit frame"}
    assert refusal(found, ExportSettings()).startswith("F1 0.500 against the float model on 3 relit frames, under")


def dazzled(honest, source: Path, target: Path, samples, recipe) -> None:
    """A quantiser that was shown nothing but black frames."""
    honest(source, target, [np.zeros_like(sample) for sample in samples], recipe)


def blind(honest, source: Path, target: Path, samples, recipe) -> None:
    """One whose result never sees a vehicle."""
    model = onnx.load(source)
    for tensor in model.graph.initializer:
        if re.search(r"cv3\.\d\.2\.bias", tensor.name):
            value = onnx.numpy_helper.to_array(tensor) - np.float32(30)
            tensor.CopyFrom(onnx.numpy_helper.from_array(value, tensor.name))
    onnx.save(model, source)
    honest(source, target, samples, recipe)


@pytest.mark.slow
@pytest.mark.parametrize(("broken", "most"), [(dazzled, 0.97), (blind, 0.0)])
def test_an_int8_model_that_sees_less_or_nothing_is_refused(
    nano, bundle: Path, frames, monkeypatch, broken, most: float
) -> None:
    monkeypatch.setattr(int8, "quantize", partial(broken, int8.quantize))
    manifest = add(nano, bundle, frames)
    assert manifest.models == {"float": "model.onnx"}
    assert not list(bundle.glob("*int8*"))
    measured = manifest.measured["int8"]
    assert measured["agreement"] <= most
    assert "under 0.98" in measured["refused"]
    assert "\n" not in verdict(measured)
    assert len(load_detector(bundle, precision="auto")(frames[1][:1])[0]) > 0
    with pytest.raises(InputError, match=r"no int8 model .*held-out frames, under 0\.98"):
        load_detector(bundle, precision="int8")


def test_nothing_to_compare_on_is_no_agreement(nano, bundle: Path, frames) -> None:
    empty = [np.full_like(frame, 90) for frame in frames[1]]
    manifest = add_int8(nano, bundle, frames[0], lambda: empty, ExportSettings(samples=2))
    assert "sees no vehicle on 4 held-out frames" in manifest.measured["int8"]["refused"]
    assert "int8" not in manifest.models


def test_without_a_frame_to_calibrate_on_there_is_no_int8(nano, bundle: Path, frames) -> None:
    manifest = add_int8(nano, bundle, [], lambda: frames[1], ExportSettings())
    assert "cannot be calibrated" in manifest.measured["int8"]["refused"]
    assert load_detector(bundle).manifest == manifest


FINE = {"agreement": 0.99, "slot_agreement": 1.0, "frames": 3, "vehicles": 70}


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({}, ""),
        ({"slot_agreement": None}, ""),  # no slots
        ({"agreement": 0.979}, "F1 0.979 against the float model on 3 held-out frames, under 0.98"),
        ({"agreement": float("nan")}, "F1 nan"),
        ({"slot_agreement": 0.95}, "95.0% of slot states are the float model's on 3 held-out frames, under 98.0%"),
        ({"vehicles": 0, "agreement": 1.0}, "sees no vehicle on 3 held-out frames"),
        ({"agreement": 0.5, "frames": 1}, "on 1 held-out frame,"),
    ],
)
def test_what_is_refused_and_why(changed, why: str) -> None:
    said = refusal({**FINE, **changed}, ExportSettings())
    assert why in said
    assert bool(said) == bool(why)


def test_few_frames_are_varied_and_many_are_thinned() -> None:
    frames = [np.full((4, 6, 3), value, np.uint8) for value in (10, 20, 30, 40, 50)]
    frames[0][:, 0] = (1, 2, 3)
    few = calibration(frames[:1], 24)
    assert len(few) == 6
    assert few[0].shape == (1, 3, 4, 6)
    assert few[0][0, :, 0, 0] * 255 == pytest.approx([3, 2, 1])
    assert few[1][0, :, 0, -1] * 255 == pytest.approx([3, 2, 1])  # mirrored
    assert [round(float(one[0, 0, 0, 3]) * 255) for one in few] == [10, 10, 6, 6, 13, 13]  # darker, brighter
    assert [round(float(one[0, 0, 0, 3]) * 255) for one in calibration(frames, 3)] == [10, 30, 50]
    assert len(calibration(frames, 24)) == 24


@pytest.mark.parametrize(("count", "most", "indices"), [(0, 3, []), (2, 3, [0, 1]), (5, 1, [0]), (100, 3, [0, 50, 99])])
def test_what_is_spread(count: int, most: int, indices: list[int]) -> None:
    assert spread(count, most) == indices

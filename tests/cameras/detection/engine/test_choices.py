"""What a probe found is remembered for this machine, and for no other one."""

from pathlib import Path

import pytest

from lotwise.cameras.detection.engine import choices as module
from lotwise.cameras.detection.engine.choices import CHOICES, Choices, bundle_shape
from lotwise.cameras.detection.engine.engine import EXACT, Engine
from lotwise.cameras.detection.engine.machine import Machine, this_machine
from lotwise.cameras.detection.engine.probe import Compared
from lotwise.cameras.detection.engine.probe_process import Found, Speed
from lotwise.cameras.site.detector import DetectorSettings
from tests.cameras.detection.engine.bundles import write_int8_bundle

HERE = Machine(processor="one", digest="a", cores=2, versions={"openvino": "1"})
BF16 = Engine(backend="openvino", precision="float", number_format="bf16")
FOUND = Found(
    speeds=(Speed(engine=BF16, ms=21), Speed(engine=EXACT, ms=60)),
    compared=(Compared(engine=BF16, agreement=0.99, frames=4, vehicles=80),),
)


@pytest.fixture
def manifest(tmp_path: Path):
    return write_int8_bundle(tmp_path / "b")


def opened(tmp_path: Path, machine: Machine = HERE, threads: int = 1, **settings) -> Choices:
    return Choices(tmp_path, DetectorSettings(**settings), machine, threads)


def test_the_engine_is_the_default_one_until_something_was_found(tmp_path: Path, manifest) -> None:
    choices = opened(tmp_path)
    assert str(choices.engine(manifest)) == "OpenVINO INT8 and f32"
    assert choices.keep(manifest, "shape", FOUND) == BF16
    for again in (choices, opened(tmp_path)):
        assert again.engine(manifest) == BF16
        assert again.speeds("shape") == FOUND.speeds


@pytest.mark.parametrize(
    "changed",
    [
        {"machine": HERE.model_copy(update={"digest": "b"})},  # another processor
        {"machine": HERE.model_copy(update={"cores": 4})},
        {"machine": HERE.model_copy(update={"versions": {"openvino": "2"}})},
        {"threads": 2},
        {"precision": "int8"},  # the site file asks for something else
        {"probe": False},
    ],
)
def test_what_was_found_elsewhere_does_not_count(tmp_path: Path, manifest, changed) -> None:
    opened(tmp_path).keep(manifest, "shape", FOUND)
    assert opened(tmp_path, **changed).choice(manifest) is None


def test_another_bundle_is_looked_at_anew(tmp_path: Path, manifest) -> None:
    choices = opened(tmp_path)
    choices.keep(manifest, "shape", FOUND)
    other = manifest.model_copy(update={"confidence": 0.4})
    assert choices.choice(other) is None
    assert choices.speeds("shape") == FOUND.speeds  # of the same shape: not timed again


def test_where_no_engine_is_right_the_default_one_stays(tmp_path: Path, manifest) -> None:
    choices = opened(tmp_path)
    wrong = Found(speeds=FOUND.speeds, compared=(Compared(engine=BF16, why="sees something else"),))
    assert str(choices.keep(manifest, "shape", wrong)) == "OpenVINO INT8 and f32"
    assert choices.choice(manifest) is not None


def test_a_broken_file_costs_a_probe_and_nothing_else(tmp_path: Path, manifest) -> None:
    opened(tmp_path).keep(manifest, "shape", FOUND)
    (tmp_path / CHOICES).write_text("half a fi")
    assert opened(tmp_path).choice(manifest) is None


def test_old_bundles_are_forgotten(tmp_path: Path, manifest, monkeypatch) -> None:
    monkeypatch.setattr(module, "KEPT", 2)
    choices = opened(tmp_path)
    several = [manifest.model_copy(update={"confidence": 0.1 * number}) for number in (1, 2, 3)]
    for number, one in enumerate(several):
        choices.keep(one, f"shape {number}", FOUND)
    assert [choices.choice(one) is None for one in several] == [True, False, False]
    assert not choices.speeds("shape 0")


def test_bundles_of_one_shape(tmp_path: Path, manifest) -> None:
    same = write_int8_bundle(tmp_path / "c", scores=(0.7, 0.6))
    assert bundle_shape(tmp_path / "b", manifest) == bundle_shape(tmp_path / "c", same)
    wider = manifest.model_copy(update={"input": (128, 64)})
    assert bundle_shape(tmp_path / "b", wider) != bundle_shape(tmp_path / "b", manifest)


def test_this_machine_is_the_same_at_the_next_look() -> None:
    assert this_machine() == this_machine()
    assert this_machine().versions.keys() >= {"onnxruntime"}

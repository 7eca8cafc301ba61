from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.backends.network import load_network
from lotwise.cameras.detection.boards.module import load_module
from lotwise.cameras.detection.boards.modules_network import ModulesNetwork, Without
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from tests.cameras.bundles import write_constant_bundle
from tests.cameras.detection.boards.divided import FIRST, SECOND, two_modules, two_regions

FRAME = np.full((64, 64, 3), 90, np.uint8)


def lost(detector: Detector, *numbers: int) -> Detector:
    network = detector.network
    assert isinstance(network, ModulesNetwork)
    return replace(detector, network=network.run_by(Without(network.askers, numbers)))


def test_a_bundle_of_modules_is_a_detector_like_any_other(tmp_path: Path) -> None:
    detector = load_detector(two_modules(tmp_path / "bundle"))
    found = detector([FRAME])[0]
    assert found.boxes.tolist() == [FIRST, SECOND]  # the car that both see is told once, by the surer one
    assert np.allclose(found.scores, [0.9, 0.7], atol=1e-4)


def test_each_module_sees_its_part(tmp_path: Path) -> None:
    detector = load_detector(two_regions(tmp_path / "bundle"))
    assert detector([FRAME])[0].boxes.tolist() == [FIRST, SECOND]
    assert detector.unread((64, 64)) == ()


def test_of_what_no_board_has_read_nothing_is_known(tmp_path: Path) -> None:
    detector = lost(load_detector(two_regions(tmp_path / "bundle")), 2)
    assert detector([FRAME])[0].boxes.tolist() == [FIRST]
    assert detector.unread((128, 128)) == ((0.5, 0.0, 1.0, 1.0),)


def test_without_any_board_nothing_is_seen_and_nothing_is_known(tmp_path: Path) -> None:
    detector = lost(load_detector(two_modules(tmp_path / "bundle")), 1, 2)
    assert len(detector([FRAME])[0]) == 0
    assert detector.unread((64, 64))[0] == (0.0, 0.0, 1.0, 1.0)


def test_a_module_whose_hash_does_not_fit_is_refused(tmp_path: Path) -> None:
    bundle = two_modules(tmp_path / "bundle")
    (bundle / "module-2.onnx").write_bytes((bundle / "module-2.onnx").read_bytes() + b"x")
    load_module(bundle, 1, load_network)  # a board needs its own module only
    with pytest.raises(InputError, match=r"module-2.onnx: changed since it was exported"):
        load_module(bundle, 2, load_network)
    with pytest.raises(InputError, match=r"module-2.onnx: changed since it was exported"):
        load_detector(bundle)


def test_a_whole_model_has_no_modules(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds one whole model"):
        load_module(write_constant_bundle(tmp_path / "bundle"), 1, load_network)
    with pytest.raises(InputError, match=r"has the modules 1 to 2, but no 3"):
        load_module(two_modules(tmp_path / "two"), 3, load_network)


def test_modules_are_promoted_and_rolled_back_as_one(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "bundles")
    whole = registry.add(write_constant_bundle(tmp_path / "whole"))
    divided = registry.add(two_modules(tmp_path / "divided"))
    registry.promote(whole)
    registry.promote(divided)
    assert sorted(file.name for file in registry.live().glob("*.onnx")) == ["module-1.onnx", "module-2.onnx"]
    assert registry.roll_back("it is worse") == whole
    assert [file.name for file in registry.live().glob("*.onnx")] == ["model.onnx"]

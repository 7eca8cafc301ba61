"""The live bundles of a run, and which of them a file is for."""

from pathlib import Path

import pytest

from lotwise.cameras.registry.live_detectors import live_detectors, of_file
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from tests.cameras.bundles import add


@pytest.fixture
def run(tmp_path: Path) -> Path:
    for camera in ("gate", "roof"):
        registry = Registry(tmp_path / "run" / "cameras" / camera / "bundles")
        add(registry, tmp_path, 0.7, camera=camera)
        registry.promote(add(registry, tmp_path, 0.9, camera=camera))
    return tmp_path / "run"


def test_a_run_folder_is_its_live_bundles(run: Path) -> None:
    found = live_detectors(run)
    assert list(found) == ["gate", "roof"]
    for camera, detector in found.items():
        assert detector.identity == Registry(run / "cameras" / camera / "bundles").state().live
    assert list(live_detectors(run, "roof")) == ["roof"]
    assert list(live_detectors(run / "cameras" / "gate" / "bundles")) == ["gate"]


def test_what_is_not_there_is_said(run: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no bundles of camera yard; there are those of gate, roof"):
        live_detectors(run, "yard")
    with pytest.raises(InputError, match="no bundles here"):
        live_detectors(tmp_path / "empty")
    add(Registry(tmp_path / "none" / "cameras" / "gate" / "bundles"), tmp_path)
    with pytest.raises(InputError, match="no bundle is live here"):
        live_detectors(tmp_path / "none")


@pytest.mark.parametrize(
    ("file", "camera"),
    [
        ("lot/gate/2026-03-01/a.jpg", "gate"),
        ("gate/roof/a.jpg", "roof"),  # the nearest folder decides
        ("lot/roof/clip.mp4#000012", "roof"),
    ],
)
def test_the_folder_of_a_file_tells_its_camera(file: str, camera: str) -> None:
    assert of_file({"gate": "gate", "roof": "roof"}, file) == camera
    assert of_file({"yard": "yard"}, file) == "yard"  # the only one there is


def test_a_file_of_no_camera_is_refused() -> None:
    with pytest.raises(InputError, match=r"lot/a\.jpg: no folder on its way is called like a camera \(gate, roof\)"):
        of_file({"gate": 1, "roof": 2}, "lot/a.jpg")

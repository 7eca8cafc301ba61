"""Frames of a site's cameras are kept as lotwise adapt reads them."""

import threading
from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.folder import read_folder
from lotwise.node.recording import record_frames


def make_site(folder: Path, cameras: dict[str, int]) -> Path:
    for name, count in cameras.items():
        (folder / name).mkdir()
        for number in range(count):
            cv2.imwrite(
                str(folder / name / f"2026-01-02_03_04_{number:02}.png"), np.full((48, 64, 3), number, np.uint8)
            )
    lines = [f"  {name}: {{source: {{kind: folder, path: {name}, pace: fast}}}}" for name in cameras]
    site = folder / "site.yaml"
    site.write_text("\n".join(["name: lot", "cameras:", *lines]) + "\n")
    return site


def record(site: Path, folder: Path, cameras: tuple[str, ...] | None = None, most: int | None = None) -> dict[str, int]:
    return record_frames(site, cameras, folder, 0.0, most, threading.Event(), lambda camera, line: None)


def test_each_camera_gets_a_folder_that_adapt_reads(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"gate": 3, "roof": 2})
    assert record(site, tmp_path / "frames") == {"gate": 3, "roof": 2}
    kept = read_folder(tmp_path / "frames")
    assert [(frame.camera, frame.name) for frame in kept.frames][:2] == [
        ("gate", "gate/2026-01-02_03_04_00.jpg"),
        ("gate", "gate/2026-01-02_03_04_01.jpg"),
    ]
    assert [frame.taken.second for frame in kept.of_camera("gate") if frame.taken] == [0, 1, 2]
    assert not list((tmp_path / "frames").rglob("*.part"))


def test_pictures_of_one_second_and_of_an_earlier_run_stay(tmp_path: Path) -> None:
    (tmp_path / "gate").mkdir()
    for number in range(12):
        image = np.full((48, 64, 3), 20 * number, np.uint8)
        cv2.imwrite(str(tmp_path / "gate" / f"2026-01-02_03_04_05_{number:03}.png"), image)
    (tmp_path / "site.yaml").write_text(
        "name: lot\ncameras:\n  gate: {source: {kind: folder, path: gate, pace: fast}}\n"
    )
    for _ in range(2):
        assert record(tmp_path / "site.yaml", tmp_path / "frames") == {"gate": 12}
    kept = read_folder(tmp_path / "frames").of_camera("gate")
    assert len(kept) == 24
    assert {frame.taken for frame in kept} == {datetime(2026, 1, 2, 3, 4, 5)}
    greys = sorted(int(cv2.imread(str(frame.path)).mean()) for frame in kept)
    assert np.allclose(greys, sorted([20 * number for number in range(12)] * 2), atol=2)


def test_it_ends_with_the_number_asked_for(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"gate": 5, "roof": 1})
    assert record(site, tmp_path / "frames", most=2) == {"gate": 2, "roof": 1}


def test_only_the_cameras_asked_for(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"gate": 1, "roof": 1})
    assert record(site, tmp_path / "frames", cameras=("roof",)) == {"roof": 1}
    with pytest.raises(InputError, match="no camera gat"):
        record(site, tmp_path / "frames", cameras=("gat",))


def test_a_stop_ends_it_at_once(tmp_path: Path) -> None:
    site = make_site(tmp_path, {"gate": 5})
    stop = threading.Event()
    stop.set()
    assert record_frames(site, None, tmp_path / "frames", 0.0, None, stop, lambda camera, line: None) == {"gate": 0}

"""The site file: what is wrong with it is one line that names the place and the nearest right word."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from cameras.site import read_slot_file, site_dataset
from datasets.errors import InputError

GOOD = """
name: lot
cameras:
  gate: {source: gate, slots: slots.json}
  roof: {source: roof}
"""
SLOT = {"id": "1", "polygon": [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for camera in ("gate", "roof"):
        (tmp_path / camera / "2026-03-02").mkdir(parents=True)
        for name in ("2026-03-02/0800.jpg", "2026-03-02/0900.jpg"):
            cv2.imwrite(str(tmp_path / camera / name), np.zeros((20, 30, 3), np.uint8))
    (tmp_path / "slots.json").write_text(json.dumps([SLOT]))
    (tmp_path / "site.yaml").write_text(GOOD)
    return tmp_path


def test_frames_and_slots_of_its_cameras_relative_to_the_file(folder: Path) -> None:
    dataset = site_dataset(folder / "site.yaml")
    assert dataset.cameras == ("gate", "roof")
    assert [frame.name for frame in dataset.of_camera("gate")] == [
        "gate/2026-03-02/0800.jpg", "gate/2026-03-02/0900.jpg",
    ]  # fmt: skip
    assert dataset.frames[0].taken is not None
    assert [slot.id for slot in dataset.slots["gate"]] == ["1"]
    assert "roof" not in dataset.slots
    assert site_dataset(folder / "site.yaml", ("roof",)).cameras == ("roof",)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (GOOD.replace("source: roof", "sorce: roof"), r"cameras\.roof\.(sorce|source)"),
        (GOOD.replace("slots: slots", "slot: slots"), r"slot: unknown key; did you mean slots\?"),
        (GOOD.replace("name:", "nam:"), "nam"),
        (GOOD + "zzz: 1", "unknown key; known are name, cameras"),
        ("name: lot\ncameras: {}", "cameras: "),
        ("name: lot", "cameras: field required"),
        ("", "the file: "),
        ("- a", "the file: "),
        ("a: [", "not YAML"),
        (GOOD.replace("source: roof", "source: cellar"), r"cellar: no such folder"),
        (GOOD.replace("slots.json", "nowhere.json"), r"nowhere\.json: cannot be read"),
        (GOOD.replace("slots.json", "nowhere.csv"), r"nowhere\.csv: cannot be read"),
        (GOOD.replace("roof:", "../roof:"), "pattern"),
        (GOOD.replace("source: roof", "source: roof, every_s: 0"), r"every_s"),
    ],
)
def test_a_broken_site_file_is_one_line(folder: Path, text: str, why: str) -> None:
    (folder / "site.yaml").write_text(text)
    with pytest.raises(InputError, match=why) as refusal:
        site_dataset(folder / "site.yaml")
    assert str(folder) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_unknown_camera_and_missing_file(folder: Path) -> None:
    with pytest.raises(InputError, match="no camera cellar; it names gate, roof"):
        site_dataset(folder / "site.yaml", ("cellar",))
    with pytest.raises(InputError, match="cannot be read"):
        site_dataset(folder / "nowhere.yaml")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not a list of slots"),
        ("3", "not a list of slots"),
        ('{"id": "1"}', "not a list of slots"),
        ('[{"id": "1"}]', "not a list of slots"),
        ("\udcff", "not a list of slots"),
        (json.dumps([SLOT | {"polygon": [[0, 0], [1, 1]]}]), "slot 1: expected at least three corners"),
        (json.dumps([SLOT | {"polygon": [[100, 100], [200, 100], [200, 200]]}]), r"slot 1: .*0\.\.1 of the frame"),
        (json.dumps([SLOT, SLOT]), "slot 1 is there twice"),
    ],
)
def test_a_broken_slot_file_is_one_line(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "slots.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=why) as refusal:
        read_slot_file(path)
    assert str(path) in str(refusal.value)


def test_official_slot_files_are_read_too(tmp_path: Path) -> None:
    (tmp_path / "camera1.csv").write_text("SlotId,X,Y,W,H\n9,0,0,1296,972\n")
    (slot,) = read_slot_file(tmp_path / "camera1.csv")
    assert slot.box(100, 100).tolist() == [0, 0, 50, 50]
    (tmp_path / "camera2.csv").write_text("Slot,X\n9,0\n")
    with pytest.raises(InputError, match=r"camera2\.csv: expected the header"):
        read_slot_file(tmp_path / "camera2.csv")

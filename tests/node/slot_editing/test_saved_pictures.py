"""Saved pictures and what the live bundle finds on them, without a node."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.detection.frame_result import FrameReader
from lotwise.cameras.site.reading import read_site
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.images import decode_image, read_image
from lotwise.node.slot_editing.saved_pictures import SavedPictures, spread
from tests.cameras.bundles import write_constant_bundle
from tests.node.http.slot_editor.lots import true_slots
from tests.node.mqtt.brokers import until


def edited(lot: Path, folder: Path | None = None, said: list[str] | None = None) -> SavedPictures:
    path = lot / "site.yaml"
    site = read_site(path)
    return SavedPictures(site, path, tuple(site.cameras), folder, (said if said is not None else []).append)


def change(lot: Path, **camera: object) -> None:
    path = lot / "site.yaml"
    site = yaml.safe_load(path.read_text())
    site["cameras"]["C1"] |= camera
    path.write_text(yaml.safe_dump(site))


def test_a_picture_is_the_file_itself(lot: Path) -> None:
    pictures = edited(lot)
    assert pictures.pictures("C1") == ("C1/2026-03-02/0730.jpg", "C1/2026-03-02/1836.jpg")
    found = pictures.picture("C1", 1)
    assert found is not None and found.size == (960, 720)
    assert found.jpeg == (lot / "frames" / "C1" / "2026-03-02" / "1836.jpg").read_bytes()
    assert pictures.picture("C1", 2) is None


def test_what_a_privacy_mask_hides_is_hidden_here_too(lot: Path) -> None:
    change(lot, privacy_masks=[[[0, 0.5], [0.5, 0.5], [0.5, 1], [0, 1]]])
    for folder in (None, lot / "frames"):
        found = edited(lot, folder).picture("C1", 0)
        assert found is not None
        image = decode_image(found.jpeg, "picture")
        assert image[400:700, 20:460].std() < 3 < image[400:700, 500:900].std()


def test_the_live_bundle_looks_at_each_picture_once(lot: Path) -> None:
    pictures = edited(lot)
    assert "still being looked at" in pictures.unread("C1")
    pictures.start()
    until(lambda: len(pictures.seen_frames("C1")) == 2, "both pictures are looked at", 60)
    frame = pictures.seen_frames("C1")[0]
    states = {reading.state for reading in frame.read([shape.slot() for shape in true_slots(lot)]).values()}
    assert (frame.name, states, pictures.unread("C1")) == ("C1/2026-03-02/0730.jpg", {"free", "occupied"}, "")
    pictures.close()


@pytest.mark.parametrize(
    ("fields", "states"),
    [
        ({"confidence": 0.55, "slot_confidence": 0.25}, {"1": "occupied", "2": "free"}),
        ({"crop": (0.0, 0.0, 0.4, 1.0)}, {"1": "free", "2": "unknown"}),
    ],
)
def test_slots_are_read_as_a_node_reads_them(lot: Path, fields, states) -> None:
    shutil.rmtree(lot / "bundles" / "C1")
    detector = load_detector(write_constant_bundle(lot / "bundles" / "C1", (0.4, 0.3), **fields))
    pictures = edited(lot)
    pictures.start()
    until(lambda: len(pictures.seen_frames("C1")) == 2, "both pictures are looked at", 60)
    pictures.close()
    readings = pictures.seen_frames("C1")[0].read(detector.slots)
    assert {name: reading.state for name, reading in readings.items()} == states
    image = read_image(lot / "frames" / "C1" / "2026-03-02" / "0730.jpg")
    assert readings == FrameReader(detector)(image, "f").readings


def test_without_a_bundle_slots_can_be_drawn_but_not_read(lot: Path) -> None:
    shutil.rmtree(lot / "bundles")
    pictures = edited(lot)
    pictures.start()
    until(lambda: "has no bundle" in pictures.unread("C1"), "it is said why", 90)
    assert (pictures.bundle_slots("C1"), pictures.seen_frames("C1")) == ((), ())
    pictures.close()


def test_pictures_of_another_folder(lot: Path, tmp_path: Path) -> None:
    change(lot, source="rtsp://10.0.0.4/1")
    with pytest.raises(InputError, match=r"cameras\.C1\.source: rtsp holds no frames"):
        edited(lot)
    (tmp_path / "recorded" / "C1").mkdir(parents=True)
    shutil.copy(lot / "frames" / "C1" / "2026-03-02" / "0730.jpg", tmp_path / "recorded" / "C1" / "now.jpg")
    assert edited(lot, tmp_path / "recorded").pictures("C1") == ("C1/now.jpg",)


def test_a_slot_file_that_is_not_there_yet_keeps_nobody_from_drawing(lot: Path) -> None:
    change(lot, slots="slots/new.json")
    assert edited(lot).storage("C1").write == lot / "slots" / "new.json"


def test_who_saved_is_told_on_the_terminal(lot: Path) -> None:
    said: list[str] = []
    edited(lot, said=said).saved("C1", "127.0.0.1", 0, 8)
    assert said == [f"C1: 8 slots saved, 0 before: {lot / 'state' / 'slots' / 'C1.json'}"]


def test_of_many_frames_some_are_taken_from_all_over() -> None:
    frames = [Frame("C1", str(number), Path()) for number in range(100)]
    names = [int(frame.name) for frame in spread(frames, 12)]
    assert (len(names), names[0], names[-1]) == (12, 0, 99)
    assert set(np.diff(names)) == {9}
    assert spread(frames[:3], 12) == tuple(frames[:3])

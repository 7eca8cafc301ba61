"""A site's stored frames as a dataset."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.frames import site_dataset
from lotwise.datasets.errors import InputError
from tests.cameras.site.lots import GOOD


def test_frames_and_slots_of_its_cameras_relative_to_the_file(lot: Path) -> None:
    dataset = site_dataset(lot / "site.yaml")
    assert dataset.cameras == ("gate", "roof")
    assert [frame.name for frame in dataset.of_camera("gate")] == [
        "gate/2026-03-02/0800.jpg", "gate/2026-03-02/0900.jpg",
    ]  # fmt: skip
    assert dataset.frames[0].taken is not None
    assert [slot.id for slot in dataset.slots["gate"]] == ["1"]
    assert "roof" not in dataset.slots
    assert site_dataset(lot / "site.yaml", ("roof",)).cameras == ("roof",)


@pytest.mark.parametrize(
    ("cameras", "why"),
    [
        (("cellar",), "site.yaml: no camera cellar; it names gate, roof"),
        (("gaet",), r"site.yaml: no camera gaet \(did you mean gate\?\); it names gate, roof"),
    ],
)
def test_unknown_cameras_are_named(lot: Path, cameras: tuple[str, ...], why: str) -> None:
    with pytest.raises(InputError, match=why):
        site_dataset(lot / "site.yaml", cameras)


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("source: roof", "source: cellar", r"cellar: no such folder"),
        ("source: roof", "source: roof.mp4", r"roof\.mp4: no such video file"),
        ("slots.json", "nowhere.json", r"nowhere\.json: cannot be read"),
        ("slots.json", "nowhere.csv", r"nowhere\.csv: cannot be read"),
        (
            "source: roof",
            "source: rtsp://h/s",
            r"cameras\.roof\.source: rtsp holds no frames to learn from; run lotwise collect",
        ),
    ],
)
def test_what_cannot_be_learned_from_is_one_line(lot: Path, old: str, new: str, why: str) -> None:
    (lot / "site.yaml").write_text(GOOD.replace(old, new))
    with pytest.raises(InputError, match=why) as refusal:
        site_dataset(lot / "site.yaml")
    assert str(lot) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_live_source_does_not_hinder_learning_from_others(lot: Path) -> None:
    (lot / "site.yaml").write_text(GOOD.replace("source: roof", "source: rtsp://h/s"))
    assert site_dataset(lot / "site.yaml", ("gate",)).cameras == ("gate",)


def test_a_camera_learns_from_several_periods_of_its_view(lot: Path) -> None:
    """What a live camera recorded, in order of time whatever the order of the list."""
    write_video(lot / "2026-03-01_0700.mp4", 30)
    source = "{source: rtsp://h/s, learn_from: [gate, 2026-03-01_0700.mp4], every_s: 1}"
    (lot / "site.yaml").write_text(f"name: lot\ncameras:\n  gate: {source}\n")
    dataset = site_dataset(lot / "site.yaml")
    assert [frame.name for frame in dataset.frames] == [
        *(f"gate/2/2026-03-01_0700.mp4#{number:06d}" for number in (0, 10, 20)),
        "gate/1/2026-03-02/0800.jpg", "gate/1/2026-03-02/0900.jpg",
    ]  # fmt: skip
    assert dataset.notes == ("gate: 3 of 30 frames of its video taken, one every 1 s; every_s sets the pause",)


def test_a_short_clip_gives_more_than_one_frame_and_next_to_none_is_told(lot: Path) -> None:
    write_video(lot / "lapse.mp4", 80)
    write_video(lot / "still.mp4", 80, changes=False)
    (lot / "site.yaml").write_text("name: lot\ncameras:\n  a: {source: lapse.mp4}\n  b: {source: still.mp4}\n")
    dataset = site_dataset(lot / "site.yaml")
    assert len(dataset.of_camera("a")) == 64
    assert len(dataset.of_camera("b")) == 1
    told = "\n".join(dataset.notes)
    assert "a: 64 of 80 frames of its video taken, one every 0.125 s;" in told
    assert "b: 1 of 80 frames of its video taken, one every 0.125 s, without those in which nothing changed" in told
    assert "b: only 1 frame, so a student would learn little more than that moment" in told


def write_video(path: Path, count: int, changes: bool = True) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 10, (128, 96))
    for number in range(count):
        writer.write(np.full((96, 128, 3), number * 37 % 256 if changes else 90, np.uint8))
    writer.release()

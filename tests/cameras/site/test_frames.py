"""A site's stored frames as a dataset."""

from pathlib import Path

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
        ("source: roof", "source: rtsp://h/s", r"cameras\.roof\.source: rtsp holds no frames to learn from; record"),
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

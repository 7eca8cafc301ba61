"""What is told of one frame, and by which slots."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.detection.drawing import SLOT_COLOURS, VEHICLE_COLOUR, drawn
from lotwise.cameras.detection.frame_result import FrameReader, FrameResult
from lotwise.cameras.slots import SlotModel
from lotwise.cameras.slots.model import ExpectedBox
from lotwise.datasets.frame import Slot
from tests.cameras.bundles import write_constant_bundle

IMAGE = np.zeros((64, 64, 3), np.uint8)


def learned(tmp_path: Path):
    """A bundle that has learned that the car in the middle of its picture, half over slot 2, parks on slot 1."""
    place = ExpectedBox(slot="1", box=(40 / 64, 16 / 64, 56 / 64, 32 / 64), size=0.25)
    return load_detector(write_constant_bundle(tmp_path / "bundle", (0.1, 0.8), slot_model=SlotModel(places=(place,))))


def test_a_result_comes_back_from_its_json(tmp_path: Path) -> None:
    reader = FrameReader(load_detector(write_constant_bundle(tmp_path / "bundle")))
    result = reader(IMAGE, "rtsp://lot/1#000001", datetime(2026, 3, 1, 12, tzinfo=UTC))
    assert result.to_json()["time"] == "2026-03-01T12:00:00+00:00"
    assert FrameResult.from_json(result.to_json()).to_json() == result.to_json()
    assert (result.count("occupied"), result.count("free"), result.count("unknown")) == (1, 1, 0)


@pytest.mark.parametrize(
    ("moved", "state"),
    [
        (0.0, "occupied"),  # the same slots: the bundle knows where their cars stand
        (0.001, "occupied"),  # drawn in whole pixels
        (0.02, "free"),  # another slot of that name: nothing is known of its cars
    ],
)
def test_what_was_learned_of_a_slot_is_used_where_a_slot_file_holds_the_same(tmp_path, moved: float, state) -> None:
    detector = learned(tmp_path)
    given = tuple(Slot(slot.id, slot.polygon + np.float32(moved)) for slot in detector.slots)
    assert FrameReader(detector)(IMAGE, "f").readings["1"].state == "occupied"
    assert FrameReader(detector, given_slots=given)(IMAGE, "f").readings["1"].state == state


def test_what_was_found_is_drawn_on_a_copy(tmp_path: Path) -> None:
    reader = FrameReader(load_detector(write_constant_bundle(tmp_path / "bundle")))
    image = np.zeros((640, 640, 3), np.uint8)
    picture = drawn(image, reader(image, "f"), reader.slots)
    assert picture.shape == image.shape and not image.any()

    def shows(colour: tuple[int, int, int]) -> bool:
        return bool((np.abs(picture.astype(int) - colour).max(axis=2) < 30).any())

    assert shows(SLOT_COLOURS["occupied"]) and shows(SLOT_COLOURS["free"]) and shows(VEHICLE_COLOUR)
    assert not shows(SLOT_COLOURS["unknown"])

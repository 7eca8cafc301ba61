"""The bundles by which others' frames are read: few at once, the live one of a registry, and nothing but frames."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from lotwise.node.serving.detectors import NoFrame, NotServed, OtherBundle, ServedDetectors
from lotwise.node.serving.messages import Card, frame_bytes, read_boxes
from tests.cameras.bundles import CARS, add, write_constant_bundle

FRAME = frame_bytes(np.full((64, 64, 3), 90, np.uint8), 90)


def test_a_frame_is_read_by_the_bundle_that_is_asked_for(tmp_path: Path) -> None:
    bundle = write_constant_bundle(tmp_path / "bundle")
    detectors = ServedDetectors({"C1": bundle}, load_detector, 2)
    identity = detectors.served("C1").detector.identity
    boxes, scores = read_boxes(detectors.read("C1", identity, FRAME, 0.01))
    assert boxes.tolist() == CARS and scores.tolist() == pytest.approx([0.9, 0.8])
    assert len(read_boxes(detectors.read("C1", identity, FRAME, 0.85))[0]) == 1
    with pytest.raises(OtherBundle, match=f"is read by bundle {identity}, not by 00"):
        detectors.read("C1", "00", FRAME, 0.01)
    with pytest.raises(NotServed, match="no frames of camera 'C2'; it reads C1"):
        detectors.served("C2")


def test_its_card_vouches_for_itself(tmp_path: Path) -> None:
    bundle = write_constant_bundle(tmp_path / "bundle")
    served = ServedDetectors({"C1": bundle}, load_detector, 1).served("C1")
    card = Card.model_validate_json(served.card())
    assert card.manifest.identity == served.detector.identity
    assert card.seen_boxes is None
    told = json.loads(served.card())
    told["manifest"]["confidence"] = 0.123
    assert Card.model_validate(told).manifest.identity != served.detector.identity


def test_no_more_than_the_allowed_ones_are_in_memory(tmp_path: Path) -> None:
    loaded: list[str] = []
    names = ["C1", "C2", "C3"]
    bundles = {name: write_constant_bundle(tmp_path / name, camera=name) for name in names}

    def load(folder: Path) -> Detector:
        assert len(detectors.loaded) <= 1  # room is made before another one is loaded
        loaded.append(folder.name)
        return load_detector(folder)

    detectors = ServedDetectors(bundles, load, 2)
    for name in ("C1", "C2", "C1", "C3", "C1", "C2"):
        detectors.served(name)
    assert loaded == ["C1", "C2", "C3", "C2"]  # of C1 and C2 the one asked for longest ago made room
    assert detectors.loaded == ("C1", "C2")


def test_the_live_bundle_of_a_registry_is_followed(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "bundles")
    detectors = ServedDetectors({"C1": registry.folder}, load_detector, 2)
    with pytest.raises(InputError, match="no bundle is live here"):
        detectors.served("C1")
    first, second = add(registry, tmp_path, 0.9), add(registry, tmp_path, 0.7)
    registry.promote(first)
    assert detectors.served("C1").detector.identity == first
    registry.promote(second)
    with pytest.raises(OtherBundle):
        detectors.read("C1", first, FRAME, 0.0)
    assert read_boxes(detectors.read("C1", second, FRAME, 0.0))[1][0] == pytest.approx(0.7)


def of_size(width: int, height: int) -> bytes:
    return frame_bytes(np.zeros((height, width, 3), np.uint8), 90)


def lying(width: int) -> bytes:
    """A small JPEG whose header claims another width."""
    at = FRAME.index(b"\xff\xc0") + 7
    return FRAME[:at] + width.to_bytes(2, "big") + FRAME[at + 2 :]


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (b"", "got something else"),
        (b"no picture", "got something else"),
        (cv2.imencode(".png", np.zeros((64, 64, 3), np.uint8))[1].tobytes(), "got something else"),
        (of_size(128, 64), "got 128x64"),
        (lying(65000), "got 65000x64"),  # gigabytes, were it decoded
        (FRAME[: FRAME.index(b"\xff\xda")], "cannot be decoded"),
    ],
)
def test_what_is_no_frame_of_its_input_is_refused(tmp_path: Path, frame: bytes, line: str) -> None:
    detectors = ServedDetectors({"C1": write_constant_bundle(tmp_path / "bundle")}, load_detector, 1)
    identity = detectors.served("C1").detector.identity
    with pytest.raises(NoFrame, match=f"expected a JPEG of 64x64 pixels.*{line}"):
        detectors.read("C1", identity, frame, 0.0)

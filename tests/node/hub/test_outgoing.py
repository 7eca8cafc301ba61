"""A frame leaves masked, whole, and no larger than it may be."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.hub import HubFrames
from lotwise.cameras.trust.new_frames import NewFrame
from lotwise.datasets.privacy_masks import COLOUR
from lotwise.node.hub.outgoing import outgoing_jpeg
from tests.cameras.view.scenes import scene
from tests.node.nodes import NOON

MASK = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


@pytest.fixture
def frame(tmp_path: Path) -> NewFrame:
    path = tmp_path / "1.jpg"
    cv2.imwrite(str(path), cv2.resize(scene(), (200, 150)))
    return NewFrame(path, NOON, ("new light",))


def seen(data: bytes | None) -> np.ndarray:
    assert data is not None
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return image


def test_without_masks_it_leaves_as_it_was_kept(frame: NewFrame) -> None:
    assert outgoing_jpeg(frame, (), HubFrames()) == frame.file.read_bytes()


def test_masks_that_were_drawn_since_are_painted(frame: NewFrame) -> None:
    masked = seen(outgoing_jpeg(frame, (MASK,), HubFrames()))
    assert np.abs(masked[:, :95].astype(int) - COLOUR).max() <= 8
    assert masked[:, 110:].std() > 10
    again = outgoing_jpeg(frame, (MASK,), HubFrames())
    assert again == outgoing_jpeg(frame, (MASK,), HubFrames())  # known by its hash on both sides


def test_a_large_one_is_made_smaller(frame: NewFrame) -> None:
    small = seen(outgoing_jpeg(frame, (), HubFrames(max_pixels=7500)))
    assert small.shape == (75, 100, 3)
    assert outgoing_jpeg(frame, (), HubFrames(max_pixels=30_000)) == frame.file.read_bytes()


@pytest.mark.parametrize("part", [0, 20, 0.5])
def test_a_part_of_a_picture_does_not_leave(frame: NewFrame, part: float) -> None:
    whole = frame.file.read_bytes()
    frame.file.write_bytes(whole[: int(part * len(whole) if part < 1 else part)])
    assert outgoing_jpeg(frame, (), HubFrames()) is None


def test_a_file_that_has_given_way_is_told(frame: NewFrame) -> None:
    frame.file.unlink()
    with pytest.raises(FileNotFoundError):
        outgoing_jpeg(frame, (), HubFrames())

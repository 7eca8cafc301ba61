"""One way to the pixels of a frame."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Frame
from lotwise.datasets.load import load


def test_image_file(tmp_path: Path) -> None:
    picture = np.full((6, 8, 3), (10, 20, 30), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), picture)
    assert (load(Frame("C1", "a.png", tmp_path / "a.png")) == picture).all()


def test_video_frame(tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 5, (64, 48))
    for level in (0, 200):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    means = [load(Frame("C1", f"v#{k}", tmp_path / "v.avi", index=k)).mean() for k in (1, 0)]
    assert means == pytest.approx([200, 0], abs=3)


@pytest.mark.parametrize("reduction", [1, 2, 8])
def test_a_video_frame_is_given_at_a_fraction_of_its_size_too(tmp_path: Path, reduction) -> None:
    """64 frames of a 4K recording, as the survey of a camera holds them, would else take 1.6 GB."""
    writer = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 5, (64, 48))
    writer.write(np.full((48, 64, 3), 90, np.uint8))
    writer.release()
    small = load(Frame("C1", "v#0", tmp_path / "v.avi", index=0), reduction)
    assert small.shape == (48 // reduction, 64 // reduction, 3)
    assert small.mean() == pytest.approx(90, abs=3)


@pytest.mark.parametrize("index", [None, 0])
def test_a_frame_without_its_file(tmp_path: Path, index: int | None) -> None:
    with pytest.raises(UnreadableImage, match="gone"):
        load(Frame("C1", "gone", tmp_path / "gone", index=index))


@pytest.mark.parametrize("reduction", [1, 2, 4, 8])
def test_an_image_file_is_read_at_a_fraction_of_its_size_and_a_torn_one_never(tmp_path: Path, reduction) -> None:
    path = tmp_path / "a.jpg"
    cv2.imwrite(str(path), np.full((96, 128, 3), 90, np.uint8))
    frame = Frame("C1", "a.jpg", path)
    assert load(frame, reduction).shape == (96 // reduction, 128 // reduction, 3)
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(UnreadableImage, match="truncated"):
        load(frame, reduction)

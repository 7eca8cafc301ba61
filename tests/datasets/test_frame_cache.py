"""Decoded frames in memory: which are held, which give way, and that a changed file is seen."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.frame_cache import FrameCache

BYTES = 4 * 6 * 3  # of one frame


def frames(folder: Path, camera: str, count: int) -> list[Frame]:
    made = []
    for number in range(count):
        path = folder / f"{camera}_{number}.png"
        cv2.imwrite(str(path), np.full((4, 6, 3), 10 * number, np.uint8))
        made.append(Frame(camera, path.name, path))
    return made


class Counted:
    """A decoder that notes what it was asked for."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, frame: Frame) -> Image:
        self.read.append(frame.name)
        image = cv2.imread(str(frame.path))
        if image is None:
            raise UnreadableImage(str(frame.path))
        return np.asarray(image, np.uint8)


def test_a_frame_is_decoded_once_and_comes_back_the_same(tmp_path: Path) -> None:
    decode = Counted()
    cache = FrameCache(2 * BYTES, decode)
    (frame,) = frames(tmp_path, "C1", 1)
    assert cache(frame) is cache(frame)
    assert decode.read == ["C1_0.png"]
    with pytest.raises(ValueError, match="read-only"):
        cache(frame)[0] = 1


def test_of_a_camera_with_too_many_frames_the_first_stay(tmp_path: Path) -> None:
    decode = Counted()
    cache = FrameCache(2 * BYTES, decode)
    mine = frames(tmp_path, "C1", 4)
    for _ in range(2):
        assert [int(cache(frame)[0, 0, 0]) for frame in mine] == [0, 10, 20, 30]
    assert decode.read == [f"C1_{number}.png" for number in (0, 1, 2, 3, 2, 3)]


def test_frames_of_other_cameras_give_way(tmp_path: Path) -> None:
    decode = Counted()
    cache = FrameCache(2 * BYTES, decode)
    first, second = frames(tmp_path, "C1", 2), frames(tmp_path, "C2", 2)
    for frame in (*first, *second, *second, first[1]):
        cache(frame)
    assert decode.read == ["C1_0.png", "C1_1.png", "C2_0.png", "C2_1.png", "C1_1.png"]


def test_a_frame_larger_than_the_cache_is_read_and_not_held(tmp_path: Path) -> None:
    decode = Counted()
    cache = FrameCache(BYTES - 1, decode)
    (frame,) = frames(tmp_path, "C1", 1)
    for _ in range(2):
        assert cache(frame).shape == (4, 6, 3)
    assert decode.read == ["C1_0.png"] * 2


def test_a_file_that_was_replaced_is_decoded_again(tmp_path: Path) -> None:
    cache = FrameCache(read=Counted())
    (frame,) = frames(tmp_path, "C1", 1)
    assert cache(frame)[0, 0, 0] == 0
    cv2.imwrite(str(frame.path), np.full((5, 6, 3), 90, np.uint8))
    assert cache(frame)[0, 0, 0] == 90


def test_frames_of_one_video_are_told_apart_and_what_cannot_be_read_is_an_error_each_time(tmp_path: Path) -> None:
    pictures = {0: np.zeros((4, 6, 3), np.uint8), 1: np.ones((4, 6, 3), np.uint8)}
    cache = FrameCache(read=lambda frame: pictures[frame.index])
    one, two = (Frame("C1", str(index), tmp_path / "v.mp4", index=index) for index in (0, 1))
    assert (cache(one).max(), cache(two).max(), cache(one).max()) == (0, 1, 0)
    gone = FrameCache(read=Counted())
    for _ in range(2):
        with pytest.raises(UnreadableImage):
            gone(Frame("C1", "x", tmp_path / "x.png"))

"""Frames of a video: which are taken, and that frame k is frame k however one gets there."""

from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Frame
from lotwise.datasets.load import load
from lotwise.datasets.readers.video import read_video_frame, video_frames


def record(path: Path, count: int, rate: float = 10, code: str = "mp4v") -> Path:
    """A video in which frame k shows k as sixteen black or white fields, safe from compression."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), rate, (128, 128))
    assert writer.isOpened()
    for k in range(count):
        bits = np.array([k >> bit & 1 for bit in range(16)], np.uint8).reshape(4, 4) * 255
        writer.write(cv2.cvtColor(np.kron(bits, np.ones((32, 32), np.uint8)), cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def number_in(image: np.ndarray) -> int:
    fields = image[16::32, 16::32, 0] > 127
    return int(sum(1 << bit for bit, on in enumerate(fields.ravel()) if on))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("video") / "gate_2024-05-01_0800.mp4", 400)


@pytest.mark.parametrize(
    ("every_s", "limit", "numbers"),
    [
        (10, None, [0, 100, 200, 300]),
        (10, 2, [0, 100]),
        (39.9, None, [0, 399]),  # the very last one
        (40, None, [0]),  # just beyond the end
        (0.25, 4, [0, 2, 5, 8]),  # between two frames: the nearest
        (1e-6, 3, [0, 1, 2]),  # never one twice
    ],
)
def test_sampling(video: Path, every_s: float, limit: int | None, numbers: list[int]) -> None:
    frames = video_frames(video, "gate", every_s, limit)
    assert [frame.index for frame in frames] == numbers
    assert [frame.name for frame in frames] == [f"gate_2024-05-01_0800.mp4#{k:06d}" for k in numbers]
    assert {(frame.camera, frame.path) for frame in frames} == {("gate", video)}


def test_time_runs_from_that_of_the_name(video: Path) -> None:
    times = [frame.taken for frame in video_frames(video, "gate", 15)]
    assert times == [
        datetime(2024, 5, 1, 8, 0, 0),
        datetime(2024, 5, 1, 8, 0, 15),
        datetime(2024, 5, 1, 8, 0, 30),
    ]


@pytest.mark.parametrize(
    "order",
    [
        range(0, 400, 100),  # far apart: seeking
        range(0, 60, 3),  # near: reading on
        [399, 0, 200, 199, 199, 200, 260, 5],  # any order
    ],
    ids=["ahead by seeking", "ahead by reading", "to and fro"],
)
@pytest.mark.parametrize(("suffix", "code"), [(".mp4", "mp4v"), (".avi", "MJPG"), (".mkv", "mp4v")])
def test_frame_k_is_frame_k(tmp_path: Path, order: list[int], suffix: str, code: str) -> None:
    path = record(tmp_path / f"v{suffix}", 400, code=code)
    assert [number_in(read_video_frame(path, k)) for k in order] == list(order)


def test_a_frame_beyond_the_end_leaves_the_video_usable(video: Path) -> None:
    with pytest.raises(UnreadableImage, match="frame 400 cannot be decoded"):
        read_video_frame(video, 400)
    assert number_in(read_video_frame(video, 0)) == 0
    assert number_in(read_video_frame(video, 399)) == 399


def test_a_truncated_recording_keeps_what_it_holds(tmp_path: Path) -> None:
    whole = record(tmp_path / "whole.avi", 100, code="MJPG").read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole[: len(whole) // 2])
    good = []
    for frame in video_frames(cut, "C1", 1):
        try:
            assert number_in(load(frame)) == frame.index
            good.append(frame.index)
        except UnreadableImage:
            break
    assert good[:3] == [0, 10, 20]


@pytest.mark.parametrize("content", [b"", b"no video at all"])
def test_what_is_no_video(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "v.mp4"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"v\.mp4: not a video"):
        video_frames(path, "C1")
    with pytest.raises(UnreadableImage, match=r"v\.mp4: not a video"):
        load(Frame("C1", "v", path, index=0))


def test_a_missing_video_and_a_senseless_distance(video: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.mp4: no such video"):
        video_frames(tmp_path / "gone.mp4", "C1")
    with pytest.raises(InputError, match="every_s is 0"):
        video_frames(video, "C1", 0)

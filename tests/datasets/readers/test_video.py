"""Which frames are taken of a video."""

from datetime import datetime
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Frame
from lotwise.datasets.load import load
from lotwise.datasets.readers.video import every_video_frame, sample_video, video_frames
from lotwise.datasets.video_file import read_video_frame, video_times
from tests.datasets.videos import encode, fields_of, number_in, record


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
        (0.25, 4, [0, 2, 5, 7]),  # between two frames: the earlier
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


VARYING = [*np.arange(600) / 10, *(60.0 + np.arange(60))]
"""One minute at 10 frames a second, then one at 1."""


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".mov", ".ts"])
def test_of_a_varying_frame_rate_seconds_are_seconds_and_every_frame_is_itself(tmp_path: Path, suffix: str) -> None:
    path = encode(tmp_path / f"v{suffix}", VARYING, g="250", bf="2")
    assert len(video_times(path)) == len(VARYING)
    frames = video_frames(path, "gate", 20)
    assert [round(VARYING[frame.index]) for frame in frames] == [0, 20, 40, 60, 80, 100]
    assert [number_in(load(frame)) for frame in frames] == [0, 200, 400, 600, 620, 640]
    for order in ([240], range(200, 241), [650, 240, 10, 241]):  # a jump, a walk, to and fro
        assert [number_in(read_video_frame(path, k)) for k in order] == list(order)


def test_a_header_that_claims_another_frame_rate_is_not_believed(tmp_path: Path) -> None:
    path = encode(tmp_path / "v.mkv", range(120))
    data = bytearray(path.read_bytes())
    at = data.index(b"\x23\xe3\x83") + 4  # DefaultDuration: nanoseconds a frame
    length = data[at - 1] & 0x7F
    data[at : at + length] = (1_000_000).to_bytes(length, "big")
    path.write_bytes(data)
    assert cv2.VideoCapture(str(path)).get(cv2.CAP_PROP_FPS) == 1000
    frames = video_frames(path, "gate", 20)
    assert [number_in(load(frame)) for frame in frames] == [0, 20, 40, 60, 80, 100]


def test_a_short_clip_is_sampled_by_its_length_and_its_change(tmp_path: Path) -> None:
    path = encode(tmp_path / "lapse.mp4", np.arange(162) / 20)
    sample = sample_video(path, "gate")
    assert (len(sample.frames), sample.total) == (64, 162)
    assert sample.frames[0].index == 0 and sample.frames[-1].index >= 158
    # A clip in which nothing happens for a while gives less, and what happens is in it.
    still = tmp_path / "still.mp4"
    with av.open(str(still), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width = stream.height = 128
        stream.pix_fmt = "yuv420p"
        for k in range(100):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(fields_of(k // 40), format="bgr24")))
        container.mux(stream.encode(None))
    assert [frame.index // 40 for frame in sample_video(still, "gate").frames] == [0, 1, 2]


def test_a_long_recording_is_sampled_by_the_minute(tmp_path: Path) -> None:
    path = encode(tmp_path / "long.mp4", np.arange(130) * 60.0)
    assert sample_video(path, "gate").every_s == 60
    assert len(video_frames(path, "gate")) == 130


def test_a_moment_between_two_frames_asked_for_a_million_times_costs_no_memory(tmp_path: Path) -> None:
    path = record(tmp_path / "v.mp4", 50)
    assert [frame.index for frame in video_frames(path, "C", every_s=1e-9)] == list(range(50))
    assert [frame.index for frame in every_video_frame(path, "C")] == list(range(50))

"""Frame k of a video is frame k however one gets there, whatever its rate, container and turn."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.readers.folder import read_folder
from lotwise.datasets.video_file import read_video_frame, video_times
from tests.datasets.videos import encode, number_in, record


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("video") / "gate_2024-05-01_0800.mp4", 400)


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


@pytest.mark.parametrize(("matrix", "turns"), [((0, 1, -1, 0), 3), ((-1, 0, 0, -1), 2), ((0, -1, 1, 0), 1)])
def test_a_video_held_upright_is_turned(tmp_path: Path, matrix: tuple[int, ...], turns: int) -> None:
    path = encode(tmp_path / "v.mp4", [0, 1, 2])
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4 + 40  # the matrix of the track's header, 16.16 fixed point
    for place, value in zip((0, 1, 3, 4), matrix, strict=True):
        data[at + 4 * place : at + 4 * place + 4] = (value << 16 & 0xFFFFFFFF).to_bytes(4, "big")
    path.write_bytes(data)
    assert number_in(np.rot90(read_video_frame(path, 2), -turns)) == 2


def test_a_recording_that_is_replaced_is_read_anew(tmp_path: Path) -> None:
    path = encode(tmp_path / "v.mp4", np.arange(10))
    assert number_in(read_video_frame(path, 7)) == 7
    encode(path, np.arange(3))
    assert len(video_times(path)) == 3
    with pytest.raises(UnreadableImage, match="frame 7 cannot be decoded; the video has 3"):
        read_video_frame(path, 7)


@pytest.mark.parametrize(
    ("suffix", "codec", "format"),
    [
        (".webm", "libvpx", None),
        (".m2ts", "libx264", "mpegts"),
        (".asf", "msmpeg4", None),
        (".flv", "libx264", None),
        (".3gp", "mpeg4", None),
        (".avi", "mpeg4", None),
        (".mkv", "libx265", None),
        (".h264", "libx264", "h264"),  # nothing but pictures: no times at all
        (".mjpeg", "mjpeg", "mjpeg"),
    ],
)
def test_other_makers_containers(tmp_path: Path, suffix: str, codec: str, format: str | None) -> None:  # noqa: A002
    path = encode(tmp_path / f"gate{suffix}", np.arange(60) / 10, codec, format)
    found = read_folder(tmp_path, every_s=2)
    assert [frame.index for frame in found.frames] == ([0, 50] if suffix in (".mjpeg", ".h264") else [0, 20, 40])
    for order in ([40], range(20, 41), [59, 0, 58, 5]):
        assert [number_in(read_video_frame(path, k)) for k in order] == list(order)


def test_a_title_in_another_encoding_does_not_matter(tmp_path: Path) -> None:
    path = encode(tmp_path / "v.mp4", [0, 1, 2])
    data = path.read_bytes()
    assert b"Lavf" in data
    path.write_bytes(data.replace(b"Lavf", "门口".encode("gbk")))
    assert number_in(read_video_frame(path, 2)) == 2

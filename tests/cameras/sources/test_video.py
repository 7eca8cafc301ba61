"""Video files as a source."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.sources import VideoSettings
from lotwise.cameras.sources.video import VideoSource
from lotwise.datasets.errors import InputError
from tests.cameras.sources.cameras import grey
from tests.cameras.sources.test_folder import Clock
from tests.datasets.videos import encode, number_in

RATE, COUNT = 10, 30


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "20150703_080512.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (64, 48))
    for number in range(COUNT):
        writer.write(grey(number * 8))
    writer.release()
    return path


def opened(path: Path, clock: Clock, **more: object) -> VideoSource:
    return VideoSource(
        VideoSettings.model_validate({"kind": "video", "path": path} | more), "C1", lambda: None, clock=clock
    )


def test_fast_gives_every_frame_and_ends(film: Path) -> None:
    source = opened(film, Clock(), pace="fast")
    frames = [source.newest() for _ in range(COUNT)]
    assert source.newest() is None
    assert [round(captured.image.mean() / 8) for captured in frames if captured] == list(range(COUNT))
    assert (source.health().ended, source.health().frames, source.health().dropped) == (True, COUNT, 0)
    source.close()


def test_own_rate_gives_the_frame_that_is_due(film: Path) -> None:
    clock = Clock()
    source = opened(film, clock)
    seen = []
    for step in (0.0, 0.05, 0.06, 1.0, 0.01, 0.4):
        clock.now += step
        captured = source.newest()
        seen.append(round(captured.image.mean() / 8) if captured else None)
    # After 0, 0.05, 0.11, 1.11, 1.12 and 1.52 s, at ten frames a second.
    assert seen == [0, None, 1, 11, None, 15]
    assert source.health().dropped == 12
    source.close()


def test_repeated_video_goes_on_counting(film: Path) -> None:
    clock = Clock()
    source = opened(film, clock, pace="fast", repeat=True)
    frames = [source.newest() for _ in range(COUNT + 2)]
    last = frames[-1]
    assert last and last.number == COUNT + 2 and round(last.image.mean() / 8) == 1
    assert not source.health().ended
    source.close()


def test_time_is_that_of_the_name_and_the_frame(film: Path) -> None:
    source = opened(film, Clock(), pace="fast")
    frames = [source.newest() for _ in range(11)]
    source.close()
    first, last = frames[0], frames[-1]
    assert first and last
    assert first.taken == datetime(2015, 7, 3, 8, 5, 12).astimezone()
    assert last.taken - first.taken == timedelta(seconds=1)


def test_of_a_varying_frame_rate_the_frame_that_is_due_is_given(tmp_path: Path) -> None:
    """Ten seconds at 10 frames a second, then one frame a second."""
    seconds = [*np.arange(100) / 10, *range(10, 20)]
    path = encode(tmp_path / "2015-07-03_080512.mp4", seconds, g="250")
    clock = Clock()
    source = opened(path, clock)
    seen = []
    began = clock.now
    for moment in (0, 0.1, 5, 12.5, 15, 19.2, 21):
        clock.now = began + moment
        captured = source.newest()
        seen.append((number_in(captured.image), captured.taken.second) if captured else None)
    assert seen == [(0, 12), (1, 12), (50, 17), (102, 24), (105, 27), (109, 31), None]
    assert source.health().ended
    source.close()


def test_missing_or_broken_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such video file; give the video of camera C1"):
        opened(tmp_path / "none.mp4", Clock())
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match="convert it to MP4"):
        opened(tmp_path / "broken.mp4", Clock())

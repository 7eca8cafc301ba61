"""Which frames paths, patterns and videos name."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.detection.stored_frames import stored_frames
from lotwise.datasets.errors import InputError


def picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((48, 64, 3), np.uint8))
    return path


def video(path: Path, frames: int = 6, rate: float = 2) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate, (64, 48))
    for number in range(frames):
        writer.write(np.full((48, 64, 3), 40 * number, np.uint8))
    writer.release()
    return path


def names(*sources: object, every_s: float | None = None) -> list[str]:
    return [stored.frame.name for stored in stored_frames([str(source) for source in sources], every_s)[0]]


def test_a_folder_gives_pictures_and_videos_below_it_in_order(tmp_path: Path) -> None:
    deep = picture(tmp_path / "lot" / "C1" / "b.jpg")
    clip = video(tmp_path / "lot" / "C2" / "clip.avi", frames=2)
    (tmp_path / "lot" / "notes.txt").write_text("no picture")
    frames, _ = stored_frames([str(tmp_path / "lot")])
    assert [one.frame.name for one in frames] == [str(deep), f"{clip}#000000", f"{clip}#000001"]
    assert [str(one.below) for one in frames] == ["C1/b", "C2/clip_000000", "C2/clip_000001"]


@pytest.mark.parametrize(
    ("every_s", "numbers"),
    [
        (None, [0, 1, 2, 3, 4, 5]),  # every frame, as a user of Ultralytics expects
        (1.0, [0, 2, 4]),  # two frames a second
        (60.0, [0]),
    ],
)
def test_a_video_gives_every_frame_or_one_every_so_often(tmp_path: Path, every_s: float | None, numbers) -> None:
    clip = video(tmp_path / "clip.avi")
    assert names(clip, every_s=every_s) == [f"{clip}#{number:06d}" for number in numbers]


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.jpg", ["a.jpg", "b.jpg"]),
        ("[a]*", ["a.jpg"]),
        ("**/*.jpg", ["C1/c.jpg", "a.jpg", "b.jpg"]),  # also in folders below
        ("C?", ["C1/c.jpg"]),  # a folder that matches
    ],
)
def test_patterns_that_no_shell_has_resolved(tmp_path: Path, pattern: str, found: list[str]) -> None:
    for name in ("a.jpg", "b.jpg", "C1/c.jpg"):
        picture(tmp_path / name)
    assert names(tmp_path / pattern) == [str(tmp_path / name) for name in found]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    file = picture(tmp_path / "lot [1].jpg")
    assert names(file) == [str(file)]


def test_a_file_named_twice_comes_once(tmp_path: Path) -> None:
    file = picture(tmp_path / "a.jpg")
    assert names(file, tmp_path, tmp_path / "*.jpg") == [str(file)]


@pytest.mark.parametrize(
    ("source", "why"),
    [("nowhere", "nowhere: no such file or folder"), ("*.png", r"\*\.png: no file matches"), (".", "no image found")],
)
def test_nothing_to_look_at_is_said(tmp_path: Path, monkeypatch, source: str, why: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=why):
        stored_frames([source])


def test_files_that_no_library_reads_are_told(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg")
    (tmp_path / "b.heic").write_bytes(b"")
    _, notes = stored_frames([str(tmp_path)])
    assert len(notes) == 1 and ".heic" in notes[0]

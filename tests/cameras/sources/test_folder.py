"""Folders of images as a source."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path

import cv2
import pytest

from lotwise.cameras.site.sources import FolderSettings
from lotwise.cameras.sources.folder import FolderSource
from lotwise.datasets.errors import InputError
from tests.cameras.sources.cameras import grey, too_large_png, until


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def folder(root: Path, *names: str) -> Path:
    for value, name in enumerate(names):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(root / name), grey(value * 10))
    return root


def opened(root: Path, period_s: float = 60.0, clock: Clock | None = None, **more: object) -> FolderSource:
    settings = FolderSettings.model_validate({"kind": "folder", "path": root} | more)
    return FolderSource(settings, "C1", lambda: None, period_s, clock=clock or Clock())


def test_fast_gives_every_image_in_natural_order_and_ends(tmp_path: Path) -> None:
    source = opened(folder(tmp_path, "f1.png", "f2.png", "f10.png"), pace="fast")
    frames = [source.newest() for _ in range(4)]
    assert [captured and int(captured.image.mean()) for captured in frames] == [0, 10, 20, None]
    assert [captured.number for captured in frames if captured] == [1, 2, 3]
    health = source.health()
    assert (health.ended, health.state, health.frames, health.dropped) == (True, "live", 3, 0)
    source.close()


def test_own_pace_gives_one_image_a_period(tmp_path: Path) -> None:
    clock = Clock()
    source = opened(folder(tmp_path, "a.png", "b.png", "c.png"), 60.0, clock)
    given = []
    for _ in range(13):
        given.append(source.newest() is not None)
        clock.now += 10
    assert [at * 10 for at, one in enumerate(given) if one] == [0, 60, 120]
    source.close()


def test_time_is_that_of_the_name_in_utc(tmp_path: Path) -> None:
    source = opened(folder(tmp_path, "2015-11-12/0709.png", "2015-11-12/x.png"), pace="fast", repeat=True)
    named, plain, again = source.newest(), source.newest(), source.newest()
    source.close()
    assert named and plain and again
    assert named.taken == datetime(2015, 11, 12, 7, 9).astimezone()
    assert named.taken.tzinfo is UTC
    assert plain.taken.year >= 2024 and again.taken.year >= 2024  # time never runs backwards when it is repeated


def test_dates_with_the_month_first_are_read_alike(tmp_path: Path) -> None:
    source = opened(folder(tmp_path, "01-02-2024_08.00.00.png", "01-13-2024_08.00.00.png"), pace="fast")
    frames = [source.newest() for _ in range(2)]
    source.close()
    days = [datetime(2024, 1, day, 8).astimezone() for day in (2, 13)]
    assert [captured.taken for captured in frames if captured] == days


def test_unreadable_images_are_left_out_and_told(tmp_path: Path) -> None:
    root = folder(tmp_path, "1.png", "2.png", "3.png")
    (root / "2.png").write_bytes((root / "2.png").read_bytes()[:-20])
    source = opened(root, pace="fast", repeat=True)
    frames = [source.newest() for _ in range(5)]
    source.close()
    assert [captured and int(captured.image.mean()) for captured in frames] == [0, 20, 0, 20, 0]
    assert "left out: 1" in source.health().why and "2.png" in source.health().why
    assert source.health().state == "live"


@pytest.mark.parametrize("repeat", [False, True])
def test_folder_without_one_good_image_is_down(repeat: bool, tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(b"no image")
    source = opened(tmp_path, pace="fast", repeat=repeat)
    assert source.newest() is None
    assert source.health().state == "down"
    assert "none of 1 images can be read" in source.health().why
    source.close()


def test_missing_or_empty_folder_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder; give the folder of the images of camera C1"):
        opened(tmp_path / "nowhere")
    with pytest.raises(InputError, match="follow: true"):
        opened(tmp_path)


def test_arrived_is_called_for_each_image(tmp_path: Path) -> None:
    news = threading.Semaphore(0)
    settings = FolderSettings(kind="folder", path=folder(tmp_path, "1.png", "2.png"), pace="own")
    source = FolderSource(settings, "C1", news.release, 0.02)
    for _ in range(2):
        assert news.acquire(timeout=60)
        assert source.newest() is not None
    assert news.acquire(timeout=60)
    until(lambda: source.newest() is None and source.health().ended)
    source.close()


def test_a_whole_picture_of_too_many_pixels_is_left_out_and_the_rest_is_given(tmp_path: Path) -> None:
    root = folder(tmp_path, "a.png", "b.png", "c.png")
    (root / "b.png").write_bytes(too_large_png())
    source = opened(root, pace="fast")
    assert [captured and int(captured.image.mean()) for captured in (source.newest(), source.newest())] == [0, 20]
    assert "b.png: claims 7000 x 7000 pixels, more than the 40 million" in source.health().why
    source.close()


@pytest.mark.parametrize("side", [30_000, 65_500])
def test_a_picture_that_claims_too_many_pixels_is_left_out_and_the_rest_is_given(side: int, tmp_path: Path) -> None:
    root = folder(tmp_path, "a.png", "b.png", "c.png")
    data = bytearray((root / "b.png").read_bytes())
    data[16:24] = side.to_bytes(4, "big") * 2
    (root / "b.png").write_bytes(data)
    source = opened(root, pace="fast")
    assert [captured and int(captured.image.mean()) for captured in (source.newest(), source.newest())] == [0, 20]
    assert f"claims {side} x {side} pixels" in source.health().why
    source.close()

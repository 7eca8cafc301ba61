"""Frames of real cameras, folders and videos are collected, by name and time, until told to stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.collection.collect import Collected, collect_frames, file_stem
from lotwise.cameras.collection.kept_frames import Budget
from lotwise.cameras.site.frames import site_dataset
from lotwise.datasets.errors import InputError
from tests.cameras.sources.cameras import RtspServer, needs_gstreamer, until
from tests.cameras.sources.http_server import Handler, HttpCamera
from tests.cameras.view.scenes import scene
from tests.conftest import ROOT

PLENTY = Budget(10**9, 10**9)


def jpeg(seed: int, light: float = 1.0) -> bytes:
    small = cv2.resize(scene(cars=25, light=light, seed=seed), (500, 375))
    return cv2.imencode(".jpg", small)[1].tobytes()


def collect(
    site: Path, folder: Path, stop: Callable[[dict[str, Collected]], bool] = lambda done: False, **more: object
) -> dict[str, Collected]:
    """Until it ends, or until ``stop`` says so of what was done; never longer than a minute."""
    told = threading.Event()
    given = {"until": datetime.now(UTC) + timedelta(seconds=60), "cameras": None, "every_s": 0.0} | more

    def progress(so_far) -> None:
        if stop(dict(so_far)):
            told.set()

    return collect_frames(
        site, folder=folder, budget=PLENTY, stop=told, report=lambda *_: None, progress=progress, **given
    )


def write_site(folder: Path, **sources: str) -> Path:
    lines = [f"  {name}: {{source: {source}, learn_from: frames/{name}}}" for name, source in sources.items()]
    site = folder / "site.yaml"
    site.write_text("\n".join(["name: lot", "cameras:", *lines]) + "\n")
    return site


def write_folder(folder: Path, seeds: range) -> Path:
    folder.mkdir()
    for seed in seeds:
        (folder / f"2026-01-02_03_04_{seed:02}.jpg").write_bytes(jpeg(seed))
    return folder


def test_a_folder_gives_what_is_new_in_it_named_by_camera_and_time(tmp_path: Path) -> None:
    write_folder(tmp_path / "stored", range(5))
    (tmp_path / "stored" / "2026-01-02_03_05_00.jpg").write_bytes(jpeg(4))
    (tmp_path / "stored" / "2026-01-02_03_06_00.jpg").write_bytes(jpeg(4)[:900])
    cv2.imwrite(str(tmp_path / "stored" / "2026-01-02_03_07_00.jpg"), np.zeros((375, 500, 3), np.uint8))
    site = write_site(tmp_path, gate="stored")
    done = collect(site, tmp_path / "frames")["gate"]
    assert (done.looked, done.kept, done.counts["alike"], done.unreadable, done.flawed) == (7, 5, 1, 1, 1)
    assert done.news["first"] + done.news["new light"] + done.news["new occupancy"] == 5
    frames = site_dataset(site).frames
    assert [frame.path.name for frame in frames] == [f"gate_2026-01-02_03_04_{number:02}.jpg" for number in range(5)]
    assert [frame.taken for frame in frames] == [datetime(2026, 1, 2, 3, 4, number) for number in range(5)]
    again = collect(site, tmp_path / "frames")["gate"]
    assert (again.kept, again.frames) == (0, 5)


def test_a_video_without_times_is_named_by_its_frames(tmp_path: Path) -> None:
    from tests.datasets.videos import encode

    encode(tmp_path / "lot.mp4", [0.0, 0.1, 0.2, 0.3])
    site = write_site(tmp_path, gate="lot.mp4")
    assert collect(site, tmp_path / "frames")["gate"].kept >= 1
    names = [file.name for file in (tmp_path / "frames" / "gate").glob("*.jpg")]
    assert all(name.startswith("gate_lot_00000") for name in names)


def test_cameras_of_all_kinds_and_one_that_is_away(tmp_path: Path) -> None:
    needs_gstreamer()
    shown = {"count": 0}

    def snapshot(handler: Handler) -> None:
        shown["count"] += 1
        handler.reply(jpeg(shown["count"]))

    def stream(handler: Handler) -> None:
        handler.begin()
        for seed in range(200):
            handler.part(jpeg(seed))

    told: list[tuple[str, str]] = []
    with HttpCamera(snapshot) as one, HttpCamera(stream) as two, RtspServer() as three:
        site = write_site(
            tmp_path,
            snap=f"{{kind: snapshot, url: '{one.url}'}}",
            mjpeg=f"{{kind: mjpeg, url: '{two.url}'}}",
            rtsp=three.url(),
            away="'rtsp://127.0.0.1:9/1'",
        )
        stop = threading.Event()

        def progress(so_far) -> None:
            if all(so_far[name].kept >= 2 for name in ("snap", "mjpeg", "rtsp")) and told:
                stop.set()

        end = datetime.now(UTC) + timedelta(seconds=180)
        done = collect_frames(
            site, None, tmp_path / "frames", 0.1, PLENTY, stop, lambda *line: told.append(line), end, progress
        )
    assert stop.is_set(), done
    assert done["away"].looked == 0
    assert ("away", "down (connection refused)") in told
    for name in ("snap", "mjpeg", "rtsp"):
        frames = site_dataset(site, (name,)).frames
        assert len(frames) == done[name].kept
        assert all(frame.taken and abs((datetime.now() - frame.taken).total_seconds()) < 300 for frame in frames)


def test_a_camera_is_looked_at_as_often_as_asked_and_in_its_hours_only(tmp_path: Path) -> None:
    with HttpCamera(lambda handler: handler.reply(jpeg(1))) as camera:
        source = f"{{kind: snapshot, url: '{camera.url}'}}"
        site = write_site(tmp_path, gate=source)
        first: list[float] = []

        def two_seconds_after_the_first(done: dict[str, Collected]) -> bool:
            if done["gate"].looked:
                first.append(time.monotonic())
            return bool(first) and time.monotonic() > first[0] + 2

        done = collect(site, tmp_path / "frames", two_seconds_after_the_first, every_s=1000)["gate"]
        assert done.looked == 1
        now = datetime.now(UTC)
        closed = f"{now - timedelta(hours=3):%H:%M}-{now - timedelta(hours=2):%H:%M}"
        site.write_text(site.read_text() + f"schedule: {{hours: ['{closed}'], timezone: UTC}}\n")
        end = datetime.now(UTC) + timedelta(seconds=2)
        assert collect(site, tmp_path / "frames", until=end)["gate"].looked == 0


def test_a_mask_that_the_camera_itself_paints_does_not_keep_frames_away(tmp_path: Path) -> None:
    (tmp_path / "stored").mkdir()
    for seed in range(12):
        image = cv2.resize(scene(cars=25, seed=seed), (500, 375))
        image[300:] = 128
        cv2.imwrite(str(tmp_path / "stored" / f"2026-01-02_03_04_{seed:02}.png"), image)
    done = collect(write_site(tmp_path, gate="stored"), tmp_path / "frames")["gate"]
    assert done.flawed == 4
    assert done.kept == 8


def test_only_the_cameras_asked_for(tmp_path: Path) -> None:
    write_folder(tmp_path / "a", range(2))
    site = write_site(tmp_path, gate="a", roof="a")
    assert set(collect(site, tmp_path / "frames", cameras=("roof",))) == {"roof"}
    with pytest.raises(InputError, match="no camera gat"):
        collect(site, tmp_path / "frames", cameras=("gat",))


def test_a_stop_ends_it_at_once(tmp_path: Path) -> None:
    site = write_site(tmp_path, gate=str(write_folder(tmp_path / "a", range(2))))
    stop = threading.Event()
    stop.set()
    done = collect_frames(site, None, tmp_path / "frames", 0, PLENTY, stop, lambda *_: None)
    assert done["gate"].looked == 0


@pytest.mark.parametrize("camera", ["gate", "north lot", "20240102_030405", "C1"])
def test_the_time_of_a_frame_is_read_from_its_name_whatever_its_camera_is_called(camera: str) -> None:
    from lotwise.datasets.timestamps import parse_time

    taken = datetime(2026, 1, 2, 3, 4, 5)
    assert parse_time(file_stem(camera, taken) + ".jpg") == taken


@pytest.mark.slow
def test_a_killed_collection_goes_on(tmp_path: Path) -> None:
    """Killed at whatever moment: what lies there is whole, the budget holds, and nothing is kept twice."""
    write_folder(tmp_path / "stored", range(40))
    site = write_site(tmp_path, gate="stored")
    command = [sys.executable, "-m", "lotwise", "collect", str(site), "--camera-mb", "0.5"]
    folder = tmp_path / "frames" / "gate"

    def kill_at(count: int) -> None:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: len(list(folder.glob("*.jpg"))) >= count or process.poll() is not None, 180)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    for count in (2, 5, 8):
        kill_at(count)
        for file in folder.glob("*.jpg"):
            assert cv2.imread(str(file)) is not None
    assert subprocess.run(command, cwd=ROOT, capture_output=True).returncode == 0
    files = list(folder.glob("*.jpg"))
    assert sum(file.stat().st_size for file in files) <= 500_000
    assert len({file.stem[:24] for file in files}) == len(files) > 3

"""Plain folders: which folder is a camera."""

from datetime import datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.folder import read_folder
from lotwise.datasets.split import split_by_day


def add(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".avi":
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 1, (32, 32))
            for level in range(3):
                writer.write(np.full((32, 32, 3), level, np.uint8))
            writer.release()
        else:
            path.touch()


@pytest.mark.parametrize(
    ("names", "cameras"),
    [
        (["a.jpg", "b.jpg"], {"lot": 2}),  # images in the root
        (["gate/a.jpg", "roof/a.jpg", "roof/b.jpg"], {"gate": 1, "roof": 2}),  # a folder a camera
        (["a.jpg", "gate/a.jpg"], {"gate": 1, "lot": 1}),  # both
        (["gate/2024-05-01/0800.jpg", "gate/2024-05-02/0800.jpg"], {"gate": 2}),  # days below a camera
        (["2024-05-01/0800.jpg", "2024-05-02/0800.jpg"], {"lot": 2}),  # days are no cameras
        (["cam2/a.jpg", "cam10/a.jpg"], {"cam2": 1, "cam10": 1}),  # numbers in order
        (["gate.avi", "roof.avi", "a.jpg"], {"gate": 3, "lot": 1, "roof": 3}),  # a video a camera
        (["gate_20240102_030405.avi", "gate_20240103_030405.avi", "roof-20240102030405.avi"], {"gate": 6, "roof": 3}),
        (["2024-01-02_0300.avi", "2024-01-03_0300.avi", "a.jpg"], {"lot": 7}),  # recordings in a camera's own folder
        (["gate/1.avi", "gate/2.avi"], {"gate": 6}),  # recordings of one camera
        (["2024/01/02/03-04-05.jpg", "2025/01/02/a.jpg"], {"lot": 2}),  # folders of year, month and day
        (["gate/2024/01/02/a.jpg", "gate/2025/12/31/b.jpg", "2024/01/02/roof/c.jpg"], {"gate": 2, "roof": 1}),
        (["2024-01-02/03/gate/04.05.jpg", "2024-01-02/04/gate/04.05.jpg"], {"gate": 2}),  # an hour a folder
        (["gate/a.jpg", "gate/@eaDir/a.jpg/SYNOPHOTO_THUMB_M.jpg", "#recycle/b.jpg"], {"gate": 1}),
    ],
)
def test_cameras(tmp_path: Path, names: list[str], cameras: dict[str, int]) -> None:
    add(tmp_path / "lot", *names)
    dataset = read_folder(tmp_path / "lot", every_s=1)
    assert list(dataset.cameras) == list(cameras)
    assert {camera: len(dataset.of_camera(camera)) for camera in cameras} == cameras
    assert len({frame.name for frame in dataset.frames}) == len(dataset.frames)
    assert not dataset.truth


def test_frames_are_in_order_of_time_and_named_below_the_root(tmp_path: Path) -> None:
    add(tmp_path, "g/2024-05-02_0700.jpg", "g/z_2024-05-01_0900.jpg", "g/._2024-05-02_0700.jpg", "g/notes.txt")
    dataset = read_folder(tmp_path)
    assert [frame.name for frame in dataset.frames] == ["g/z_2024-05-01_0900.jpg", "g/2024-05-02_0700.jpg"]
    assert f"{dataset.frames[0].taken}" == "2024-05-01 09:00:00"


def test_dates_with_the_month_first_stay_in_order(tmp_path: Path) -> None:
    add(tmp_path, *(f"g/{month:02d}-{day:02d}-2024_08.00.00.jpg" for month in (1, 2) for day in range(1, 21)))
    add(tmp_path, "h/01-02-2024_08.00.00.jpg", "h/13-02-2024_08.00.00.jpg")
    dataset = read_folder(tmp_path)
    taken = [frame.taken for frame in dataset.of_camera("g")]
    assert taken == [datetime(2024, month, day, 8) for month in (1, 2) for day in range(1, 21)]
    assert [frame.taken for frame in dataset.of_camera("h")] == [datetime(2024, 2, 1, 8), datetime(2024, 2, 13, 8)]
    assert dataset.notes == ()


def test_dates_that_fit_both_ways_are_told(tmp_path: Path) -> None:
    add(tmp_path, "g/01-02-2024_08.00.00.jpg", "g/01-03-2024_08.00.00.jpg")
    dataset = read_folder(tmp_path)
    assert [frame.taken for frame in dataset.frames] == [datetime(2024, 2, 1, 8), datetime(2024, 3, 1, 8)]
    assert len(dataset.notes) == 1 and dataset.notes[0].startswith("g: dates in its names, such as 01-02-2024, fit")


def test_a_recording_has_its_dates_read_as_the_pictures_beside_it(tmp_path: Path) -> None:
    add(tmp_path, "g/01-02-2024_08.00.00.avi", "g/01-13-2024_08.00.00.jpg")
    assert [frame.taken for frame in read_folder(tmp_path, every_s=9).frames] == [
        datetime(2024, 1, 2, 8),
        datetime(2024, 1, 13, 8),
    ]


def test_frames_without_a_time_beside_others_are_told(tmp_path: Path) -> None:
    add(tmp_path, "g/A24010203040500.jpg", "g/a.jpg", "g/b.jpg", "h/a.jpg")
    dataset = read_folder(tmp_path)
    assert dataset.notes == ("g: 2 of 3 frames tell no time; they were put behind those that do",)
    assert [frame.path.stem for frame in dataset.of_camera("g")] == ["A24010203040500", "a", "b"]


def test_days_in_the_names_of_files_are_days_of_the_split(tmp_path: Path) -> None:
    add(tmp_path, *(f"g/gate_00_2024010{day}0{hour}0000.jpg" for day in range(1, 5) for hour in range(3)))
    split = split_by_day(read_folder(tmp_path).frames, 0.25)
    assert split.day_disjoint
    assert {frame.taken.day for frame in split.test if frame.taken} == {4}


def test_pictures_of_several_cameras_in_one_folder_are_told(tmp_path: Path) -> None:
    add(tmp_path / "lot", *(f"{name}_00_2024010{day}080000.jpg" for name in ("gate", "roof") for day in (1, 2)))
    add(tmp_path / "lot", "MDAlarm_20240103-080000.jpg")
    assert read_folder(tmp_path / "lot").notes == (
        "lot: names of its pictures begin with gate_00, roof_00; if those are several cameras, give each a folder of "
        "its own",
    )


def test_a_camera_behind_a_link_is_read(tmp_path: Path) -> None:
    add(tmp_path, "disk/a.jpg", "lot/roof/b.jpg")
    (tmp_path / "lot" / "gate").symlink_to(tmp_path / "disk")
    assert read_folder(tmp_path / "lot").cameras == ("gate", "roof")


def test_endings_that_are_not_read_are_told_and_nothing_else_is_no_camera(tmp_path: Path) -> None:
    add(tmp_path, "g/a.jpg", "g/b.HEIC", "g/c.jfif", "g/d.mpo", "h/e.heic")
    dataset = read_folder(tmp_path)
    assert [frame.path.name for frame in dataset.frames] == ["a.jpg", "c.jfif", "d.mpo"]
    assert dataset.notes == ("2 .heic files were skipped: that kind is not read; convert them to JPEG",)
    with pytest.raises(InputError, match=r"h: 1 \.heic files were skipped: that kind is not read"):
        read_folder(tmp_path / "h")


def test_one_video_is_a_dataset(tmp_path: Path) -> None:
    add(tmp_path, "gate_20240102_030405.avi", "roof.avi")
    dataset = read_folder(tmp_path / "gate_20240102_030405.avi", every_s=1)
    assert (dataset.cameras, len(dataset.frames)) == (("gate",), 3)
    assert dataset.frames[2].name == "gate_20240102_030405.avi#000002"
    (tmp_path / "broken.mp4").write_bytes(b"")
    with pytest.raises(InputError, match=r"broken\.mp4: not a video"):
        read_folder(tmp_path / "broken.mp4")


def test_a_broken_video_is_noted_and_the_rest_is_read(tmp_path: Path) -> None:
    add(tmp_path, "g/a.jpg")
    (tmp_path / "g" / "b.mp4").write_bytes(b"no video")
    dataset = read_folder(tmp_path)
    assert len(dataset.frames) == 1
    assert len(dataset.notes) == 1 and "b.mp4: not a video" in dataset.notes[0]


def test_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no frames found"):
        read_folder(tmp_path)
    with pytest.raises(InputError, match="no such folder"):
        read_folder(tmp_path / "gone")
    (tmp_path / "b.mp4").write_bytes(b"no video")
    with pytest.raises(InputError, match=r"b\.mp4: not a video"):
        read_folder(tmp_path)


def test_choosing_cameras(tmp_path: Path) -> None:
    add(tmp_path, "gate/a.jpg", "roof/a.jpg")
    assert read_folder(tmp_path, ["roof"]).cameras == ("roof",)
    with pytest.raises(InputError, match=r"empty camera door: .*cameras here: gate, roof"):
        read_folder(tmp_path, ["roof", "door"])

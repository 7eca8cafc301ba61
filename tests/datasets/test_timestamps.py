"""Times from names, as cameras, recorders and people write them, and names that are none."""

from datetime import datetime

import pytest

from lotwise.datasets.timestamps import month_first, parse_time, without_dates

MOMENT = datetime(2024, 1, 2, 3, 4, 5)
MINUTE = datetime(2024, 1, 2, 3, 4)


@pytest.mark.parametrize(
    "name",
    [
        "gate_00_20240102030405.jpg",  # Reolink
        "RLC-410_01_20240102030405.mp4",
        "192.168.1.64_01_20240102030405678_MOTION_DETECTION.jpg",  # Hikvision
        "Gate_ch1_main_20240102030405_20240102030505.dav",  # Dahua, from its page
        "Gate.20240102_030405.jpg",  # Blue Iris
        "Gate.20240102_030405123.jpg",
        "MDAlarm_20240102-030405.jpg",  # Foscam
        "Gate-20240102-030405-1704164645.mp4",  # Synology
        "20240102_030405_8F2A_ACCC8E012345.mkv",  # Axis, recordings
        "image24-01-02_03-04-05-67_00001.jpg",  # Axis, pictures
        "01-20240102030405-00.jpg",  # motion
        "IMG_20240102_030405.jpg",  # telephones
        "PXL_20240102_030405678.jpg",
        "WIN_20240102_03_04_05_Pro.jpg",
        "DJI_20240102030405_0001_W.JPG",
        "gate_2024-01-02_03.04.05.jpg",
        "gate 2024-01-02 03-04-05.png",
        "2024-01-02T03:04:05Z.png",
        "2024-01-02T03-04-05.png",
        "20240102T030405.jpg",
        "Screenshot 2024-01-02 at 3.04.05 AM.png",
        "gate_240102_030405.jpg",  # cheap cameras and recorders
        "IPCAM/20240102/images000/A24010203040500.jpg",
        "IPCAM/20240102/record000/A240102_030405_030505.264",
        "P240102030405.jpg",
        "snapshot_02-01-2024_03-04-05.jpg",  # the day first
        "gate_1920x1080_20240102_030405.jpg",
        "2024-01-02_03-04-05_2560x1440.jpg",
        "2024-01-02_03_04_05_jpg.rf.0a1b.jpg",  # tail of an export
        "2024-01-02/03-04-05.jpg",  # motionEye
        "2024/01/02/03-04-05.jpg",
        "2024/01/02/030405.jpg",
        "2024/0102/03.04.05.jpg",
        "202401/02/03_04_05.jpg",
        "2024/01/02/03/04-05.jpg",
        "2024/01/02/03/04/05.jpg",
        "2024-01-02/03/gate/04.05.mp4",  # Frigate
        "2024-01-02/001/jpg/03.04.05[M][0@0][0].jpg",  # Dahua, uploads
        "2024-01-02/001/jpg/03/04/05[M][0@0][0].jpg",
        "2024-01-02/gate/03/04.05.jpg",
        "2024-01-02/001/dav/03/03.04.05-03.05.05[M][0@0][0].mp4",
        "20240102/03/0405.jpg",  # Wyze and its kin
        "2024010203/04M05S_1704164645.mp4",  # Xiaomi
        "24/01/02/03/04/05/001-capture.jpg",  # ZoneMinder
        "20240102AM/gate20240102-030405-1704164645.mp4",  # Synology
        "gate/2024/2024-01/2024-01-02/03-04-05.jpg",
    ],
)
def test_to_the_second(name: str) -> None:
    assert parse_time(name) == MOMENT


@pytest.mark.parametrize(
    "name",
    [
        "2024-01-02_0304.jpg",  # CNR-EXT
        "S_2024-01-02_03.04_C01_184.jpg",
        "202401020304.jpg",
        "2024-01-02/0304.jpg",
        "2024-01-02_03h04.jpg",
        "2024-01-02/2024-01-02_0304.jpg",
        "2023-12-31/2024-01-02_0304.jpg",  # its own name stands above its folder
    ],
)
def test_to_the_minute(name: str) -> None:
    assert parse_time(name) == MINUTE


@pytest.mark.parametrize(
    ("name", "hour"),
    [("2024-01-02 3.04.05 PM.jpg", 15), ("2024-01-02 12.04.05 AM.jpg", 0), ("2024-01-02 12.04.05 PM.jpg", 12)],
)
def test_halves_of_the_day(name: str, hour: int) -> None:
    assert parse_time(name) == MOMENT.replace(hour=hour)


@pytest.mark.parametrize("name", ["gate-{}.123456-abc12.jpg", "{}.jpg", "{}123.jpg", "event_{}.mp4"])
def test_unix_time_is_local_time(name: str) -> None:
    """Frigate, and whatever writes seconds or milliseconds since 1970."""
    moment = datetime(2024, 6, 2, 12, 4, 5)
    assert parse_time(name.format(int(moment.timestamp()))) == moment


@pytest.mark.parametrize(
    "name",
    [
        "gate_20240102_1920x1080.jpg",  # resolutions
        "1920x1080_20240102.jpg",
        "20240102_1440p.jpg",
        "2024-01-02_1280X0720.jpg",
        "2024-01-02_2561.jpg",  # no such time
        "2024-02-30_03-04-05.jpg",  # no such day
        "000000000139.jpg",  # running numbers
        "frame_0001.jpg",
        "1234567890.jpg",
        "99999999999999.jpg",
        "30240102030405.jpg",
        "2024-01-02/camera1.jpg",
        "2024-01-02/camera1/0709.jpg",  # the time is not beside its day
        "DSC_0304.jpg",
        "DSC240102030405.jpg",
        "gate_241302_030405.jpg",  # no such month
        "A240102_1920x1080.jpg",
        "IMG_000123_030405.jpg",
        "192.168.1.64.jpg",
    ],
)
def test_names_without_a_time(name: str) -> None:
    assert parse_time(name) is None


@pytest.mark.parametrize(
    ("days", "order"),
    [
        (("01-02", "01-13"), True),
        (("01-13", "13-01"), True),
        (("13-01", "01-02"), False),
        (("01-02", "03-04"), None),
        (("02-02",), False),  # the same either way
        ((), False),
    ],
)
def test_the_order_of_day_and_month_is_decided_by_all_names(days: tuple[str, ...], order: bool | None) -> None:
    assert month_first(f"g/{day}-2024_08.00.00.jpg" for day in days) is order


def test_a_date_that_fits_one_way_only_is_read_that_way() -> None:
    assert parse_time("13-01-2024_08.00.00.jpg", True) == parse_time("01-13-2024_08.00.00.jpg", False)
    assert parse_time("01-02-2024_03.04.05.jpg", True) == MOMENT


@pytest.mark.parametrize(
    ("path", "folders"),
    [
        ("2024/01/02/03-04-05.jpg", ()),
        ("2024/01/02/a.jpg", ()),
        ("2023/12/31/gate/a.jpg", ("gate",)),
        ("gate/2024/01/02/03/04.jpg", ("gate",)),
        ("2024/01/gate/20240103_0709.jpg", ("gate",)),
        ("2024/gate/20240103_0709.jpg", ("gate",)),
        ("2024/2024-01/2024-01-02/gate/a.jpg", ("gate",)),
        ("2024-01-02/03/gate/04.05.mp4", ("gate",)),  # Frigate
        ("gate/2024-01-02/001/jpg/03/04/05[M].jpg", ("gate", "001", "jpg")),  # Dahua
        ("2024-01-02/gate/01/0001.jpg", ("gate", "01")),  # a channel
        ("2024-01-02/01/05-06-07.jpg", ("01",)),  # a channel, as its name tells another hour
        ("2001/a.jpg", ("2001",)),  # a number, not a year: nothing bears it out
        ("2001/20240102030405.jpg", ("2001",)),
        ("01/02/a.jpg", ("01", "02")),
        ("20151112/0709.jpg", ()),
    ],
)
def test_folders_that_tell_no_date(path: str, folders: tuple[str, ...]) -> None:
    assert without_dates(path) == folders

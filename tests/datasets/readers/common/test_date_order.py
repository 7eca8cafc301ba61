"""Day or month first, decided once for a camera."""

from datetime import datetime
from pathlib import Path

from lotwise.datasets.frame import Frame
from lotwise.datasets.readers.common.date_order import in_date_order
from lotwise.datasets.readers.yolo import read_yolo
from lotwise.datasets.timestamps import parse_time
from tests.datasets.yolo_folders import add

ROOT = Path("/lot")


def test_each_camera_has_its_own_order_and_an_open_one_is_told() -> None:
    names = ["a/01-02-2024_0800.jpg", "a/01-13-2024_0800.jpg", "b/01-02-2024_0800.jpg", "b/13-02-2024_0800.jpg"]
    names += ["c/01-02-2024_0800.jpg"]
    frames, notes = in_date_order([Frame(name[0], name, ROOT / name, parse_time(name)) for name in names], ROOT)
    assert [f"{frame.taken:%m-%d}" for frame in frames] == ["01-02", "01-13", "02-01", "02-13", "02-01"]
    assert [note[:2] for note in notes] == ["c:"]


def test_labelled_folders_are_read_in_their_order(tmp_path: Path) -> None:
    for day in (2, 13):
        add(tmp_path, f"images/gate/01-{day:02d}-2024_08.00.00.jpg", "")
    assert [frame.taken for frame in read_yolo(tmp_path).frames] == [datetime(2024, 1, day, 8) for day in (2, 13)]

"""Which camera a file belongs to, and which frames a choice of cameras leaves."""

from datetime import datetime
from pathlib import Path, PurePosixPath

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.readers.common.camera_id import camera_of, numbered, select_cameras


def frame(camera: str, name: str, minute: int | None = None) -> Frame:
    return Frame(camera, name, Path(name), None if minute is None else datetime(2024, 5, 1, 8, minute))


def test_order_is_camera_then_time_then_name() -> None:
    frames = [
        frame("C10", "a", 0),
        frame("C2", "b"),
        frame("C2", "z", 1),
        frame("C2", "y", 2),
        frame("gate", "a"),
    ]
    ordered = select_cameras(reversed(frames), None, Path("x"))
    assert [(one.camera, one.name) for one in ordered] == [
        ("C2", "z"),
        ("C2", "y"),
        ("C2", "b"),  # without a time: after those that have one
        ("C10", "a"),
        ("gate", "a"),
    ]


def test_a_choice_keeps_only_its_cameras() -> None:
    frames = [frame("A", "1"), frame("B", "2"), frame("C", "3")]
    assert [one.camera for one in select_cameras(frames, ["C", "A"], Path("x"))] == ["A", "C"]
    with pytest.raises(InputError, match=r"x: empty camera D: .*cameras here: A, B, C"):
        select_cameras(frames, ["A", "D"], Path("x"))
    with pytest.raises(InputError, match="x: no frames found"):
        select_cameras([], None, Path("x"))


@pytest.mark.parametrize(
    ("asked", "ids"),
    [(None, None), (["1"], ("C1",)), (["camera9", "C9"], ("C9",)), (["A"], ("A",)), (["12"], ("C12",))],
)
def test_numbers_of_cameras(asked: list[str] | None, ids: tuple[str, ...] | None) -> None:
    assert numbered(asked) == ids


@pytest.mark.parametrize(
    ("path", "camera"),
    [
        ("a.jpg", "lot"),
        ("train/images/a.jpg", "lot"),
        ("Sunny/2012-12-12/a.jpg", "lot"),
        ("gate/left/a.jpg", "gate"),
        ("images/roof/a.jpg", "roof"),
    ],
)
def test_camera_of_a_file(path: str, camera: str) -> None:
    assert camera_of(PurePosixPath(path), Path("/data/lot")) == camera

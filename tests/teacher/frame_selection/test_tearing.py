"""Frames whose rows lie beside their place are found; rain, cars and shadows are no tears."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.datasets.readers.folder import read_folder
from lotwise.teacher.frame_selection.appearance import describe
from lotwise.teacher.frame_selection.choice import survey
from lotwise.teacher.frame_selection.tearing import torn
from tests.teacher.frame_selection.lots import lot

WHOLE = [
    lot(), lot((1, 2, 3)), lot(range(24)), lot(range(0, 24, 2), gain=0.5), lot((7,), shadow=300),
    lot(shadow=200, warmth=1.4), lot(range(12), gain=1.5), lot((20, 21)),
]  # fmt: skip


def found(pictures) -> list[int]:
    return torn(np.stack([describe(picture).occupancy for picture in pictures]), list(range(len(pictures))))


def tear(picture, row: int, aside: int):
    torn_one = picture.copy()
    torn_one[row:] = np.roll(torn_one[row:], aside, axis=1)
    return torn_one


def test_whole_frames_of_any_light_and_occupancy_are_none() -> None:
    assert found(WHOLE) == []


@pytest.mark.parametrize(("row", "aside"), [(400, 250), (240, 100), (120, 320), (0, 200)])
@pytest.mark.parametrize("place", [0, 3])
def test_rows_beside_their_place_are_found(row: int, aside: int, place: int) -> None:
    assert found([*WHOLE[:place], tear(WHOLE[place], row, aside), *WHOLE[place + 1 :]]) == [place]


def test_a_swaying_camera_is_none() -> None:
    assert found([np.roll(picture, 8 * (number % 3), axis=1) for number, picture in enumerate(WHOLE)]) == []


def test_only_the_frames_asked_for_are_looked_at() -> None:
    occupancy = np.stack([describe(picture).occupancy for picture in (*WHOLE, tear(lot(), 200, 200))])
    assert torn(occupancy, list(range(len(WHOLE)))) == []
    assert torn(occupancy, []) == []


@pytest.mark.shared
def test_the_torn_frames_of_a_real_day(shared: Path) -> None:
    day = read_folder(shared / "data" / "pklot" / "UFPR05_empty").frames
    seen = survey(day)
    assert [day[index].name for index in seen.unfit] == ["2013-03-10_13_35_08.jpg", "2013-03-10_14_20_09.jpg"]

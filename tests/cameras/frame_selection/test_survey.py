"""Frames whose rows lie beside their place are left out; rain, cars and shadows are no tears."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.frame_selection import survey as surveying
from lotwise.cameras.frame_selection.survey import survey
from lotwise.datasets.readers.open import open_dataset
from tests.cameras.frame_selection.lots import lot, write_frames

WHOLE = [
    lot(), lot((1, 2, 3)), lot(range(24)), lot(range(0, 24, 2), gain=0.5), lot((7,), shadow=300),
    lot(shadow=200, warmth=1.4), lot(range(12), gain=1.5), lot((20, 21)),
]  # fmt: skip


def tear(picture, row: int, aside: int):
    torn = picture.copy()
    torn[row:] = np.roll(torn[row:], aside, axis=1)
    return torn


def test_whole_frames_of_any_light_and_occupancy_are_fit(tmp_path: Path) -> None:
    assert survey(write_frames(tmp_path, WHOLE)).unfit == {}


@pytest.mark.parametrize(("row", "aside"), [(400, 250), (240, 100), (120, 320), (0, 200)])
@pytest.mark.parametrize("place", [0, 3])
def test_a_frame_with_rows_beside_their_place_is_torn(row: int, aside: int, place: int, tmp_path: Path) -> None:
    pictures = [*WHOLE[:place], tear(WHOLE[place], row, aside), *WHOLE[place + 1 :]]
    unfit = survey(write_frames(tmp_path, pictures)).unfit
    assert set(unfit) == {place} and "torn" in unfit[place]


def test_a_swaying_camera_tears_nothing(tmp_path: Path) -> None:
    swaying = [np.roll(picture, 8 * (number % 3), axis=1) for number, picture in enumerate(WHOLE)]
    assert survey(write_frames(tmp_path, swaying)).unfit == {}


def test_one_frame_alone_is_no_tear(tmp_path: Path) -> None:
    assert survey(write_frames(tmp_path, [tear(lot((1, 2, 3)), 200, 200)])).unfit == {}


@pytest.mark.parametrize("level", [60, 128, 200])
@pytest.mark.parametrize("share", [0.12, 0.3])
def test_a_privacy_mask_over_the_lowest_rows_of_every_frame_is_no_flaw(
    tmp_path: Path, level: int, share: float
) -> None:
    masked = [picture.copy() for picture in WHOLE]
    for picture in masked:
        picture[round(480 * (1 - share)) :] = level
    assert survey(write_frames(tmp_path, masked)).unfit == {}


def test_a_frame_that_is_cut_short_above_the_mask_is_found(tmp_path: Path) -> None:
    masked = [picture.copy() for picture in WHOLE]
    for number, picture in enumerate(masked):
        picture[200 if number == 2 else 422 :] = 128
    unfit = survey(write_frames(tmp_path, masked)).unfit
    assert set(unfit) == {2} and "cut short" in unfit[2]


@pytest.mark.shared
def test_of_all_real_frames_only_the_two_torn_ones_of_a_day_are_unfit(shared: Path) -> None:
    unfit = []
    for kind in ("cnr_ext", "pklot"):
        dataset = open_dataset(kind.replace("_", "-"), shared / "data" / kind)
        for camera in dataset.cameras:
            frames = dataset.of_camera(camera)
            unfit += [frames[index].path.name for index in survey(frames).unfit]
    assert unfit == ["2013-03-10_13_35_08.jpg", "2013-03-10_14_20_09.jpg"]


def test_each_frame_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames, read = write_frames(tmp_path, WHOLE), []
    small = surveying.small
    monkeypatch.setattr(surveying, "small", lambda frame: read.append(frame.name) or small(frame))
    survey(frames)
    assert sorted(read) == sorted(frame.name for frame in frames)

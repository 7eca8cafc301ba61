"""A mask that is in every frame is told from data that were lost."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.view_health.disturbances import grey_end
from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.view.burnt_in_mask import MASK_FRAMES
from lotwise.cameras.view.health import ViewHealth
from lotwise.cameras.view.reference import read_reference
from lotwise.cameras.view.thumbnail import thumbnail
from lotwise.datasets.frame import Image
from tests.cameras.view.scenes import at, scene

RNG = np.random.default_rng


def verdicts(health: ViewHealth, pictures: list[Image], start: float = 0) -> list[str]:
    return [
        health.check(picture, thumbnail(picture), at(start + 10 * number)).verdict
        for number, picture in enumerate(pictures)
    ]


def masked(share: float = 0.12, level: int = 128, count: int = 20, seed: int = 0) -> list[Image]:
    pictures = [scene(seed=seed + number) for number in range(count)]
    for picture in pictures:
        picture[round(len(picture) * (1 - share)) :] = level
    return pictures


@pytest.mark.parametrize("share", [0.08, 0.12, 0.3])
@pytest.mark.parametrize("level", [60, 128, 200])
def test_frames_below_a_mask_are_good_after_the_first_few(share: float, level: int) -> None:
    told = verdicts(ViewHealth(ViewSettings()), masked(share, level))
    settled = MASK_FRAMES + ViewSettings().recover_frames
    assert set(told[settled:]) == {"good"}
    assert set(told[:MASK_FRAMES]) == {"torn"}


def test_a_frame_that_ends_above_the_mask_is_torn(tmp_path: Path) -> None:
    health = ViewHealth(ViewSettings())
    verdicts(health, masked())
    assert verdicts(health, masked(share=0.5, count=1, seed=40), 300) == ["torn"]


def test_lost_data_is_no_mask_however_often_it_happens() -> None:
    """Each time it begins elsewhere, and the view is known to show something there."""
    health = ViewHealth(ViewSettings())
    assert set(verdicts(health, [scene(seed=number) for number in range(10)])) == {"good"}
    cut = [grey_end(scene(seed=20 + number), RNG(number)) for number in range(20)]
    assert set(verdicts(health, cut, 200)) == {"torn"}
    assert set(verdicts(health, masked(share=0.4, seed=60), 500)) == {"torn"}


def test_a_mask_that_is_set_later_is_good_once_the_view_is_accepted() -> None:
    health = ViewHealth(ViewSettings())
    verdicts(health, [scene(seed=number) for number in range(10)])
    assert set(verdicts(health, masked(seed=20), 200)) == {"torn"}
    health.accept()
    assert set(verdicts(health, masked(seed=50), 500)) == {"good"}


def test_a_mask_outlives_a_restart(tmp_path: Path) -> None:
    keep = tmp_path / "view.npz"
    verdicts(ViewHealth(ViewSettings(), keep), masked())
    again = ViewHealth(ViewSettings(), keep)
    assert verdicts(again, masked(count=5, seed=30), 300) == ["good"] * 5
    assert verdicts(again, masked(share=0.5, count=1, seed=40), 400) == ["torn"]


def test_a_mask_that_was_taken_away_is_forgotten_over_a_restart_too(tmp_path: Path) -> None:
    keep = tmp_path / "view.npz"
    verdicts(ViewHealth(ViewSettings(), keep), masked())
    health = ViewHealth(ViewSettings(), keep)
    verdicts(health, [scene(seed=50 + number) for number in range(2 * MASK_FRAMES)], 300)
    assert read_reference(keep).mask_share == 0
    assert verdicts(ViewHealth(ViewSettings(), keep), masked(count=1, seed=80), 600) == ["torn"]


def test_a_mask_set_when_the_view_was_known_outlives_a_restart_once_accepted(tmp_path: Path) -> None:
    keep = tmp_path / "view.npz"
    health = ViewHealth(ViewSettings(), keep)
    verdicts(health, [scene(seed=number) for number in range(10)])
    verdicts(health, masked(seed=20), 200)
    health.accept()
    verdicts(health, masked(seed=50, count=2), 500)
    assert verdicts(ViewHealth(ViewSettings(), keep), masked(count=2, seed=60), 600) == ["good"] * 2


def test_nothing_is_written_while_the_mask_stays_where_it_is(tmp_path: Path) -> None:
    """Its edge is found in steps of eight rows, a step higher or lower from frame to frame."""
    keep = tmp_path / "view.npz"
    health = ViewHealth(ViewSettings(), keep)
    verdicts(health, masked())
    keep.unlink()
    steps = [masked(share=share, count=1, seed=90)[0] for share in (0.12, 0.13) * 4]
    told = [health.check(picture, thumbnail(picture), at(191 + number)) for number, picture in enumerate(steps)]
    assert {report.verdict for report in told} == {"good"}
    assert not keep.exists()

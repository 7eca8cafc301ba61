"""A view with privacy masks is judged by what they leave to be seen."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.view.health import ViewHealth
from lotwise.cameras.view.reference import read_reference
from lotwise.cameras.view.thumbnail import thumbnail
from lotwise.datasets.disturbances import blurred
from lotwise.datasets.frame import Image, Masks
from lotwise.datasets.privacy_masks import hidden_pixels, painted
from tests.cameras.view.scenes import HEIGHT, WIDTH, at, scene


def strip(left: float, top: float, right: float, bottom: float) -> Masks:
    return (((left, top), (right, top), (right, bottom), (left, bottom)),)


LOWEST, LEFT, MOST = strip(0, 0.85, 1, 1), strip(0, 0, 0.4, 1), strip(0.35, 0, 1, 1)
ALL_MASKS = pytest.mark.parametrize("masks", [LOWEST, LEFT, MOST], ids=["lowest rows", "left part", "most of it"])


class View:
    """A camera's view, looked at every ten seconds."""

    def __init__(self, masks: Masks, keep: Path | None = None) -> None:
        self.masks, self.keep, self.seconds = masks, keep, 0
        self.health = ViewHealth(ViewSettings(), keep, masks)

    def restart(self, masks: Masks) -> None:
        self.masks, self.health = masks, ViewHealth(ViewSettings(), self.keep, masks)

    def look(self, image: Image) -> str:
        self.seconds += 10
        shown = painted(image.copy(), self.masks)
        return self.health.check(shown, thumbnail(shown), at(self.seconds)).verdict

    def looks(self, count: int, seed: int = 0) -> list[str]:
        return [self.look(scene(seed=seed + number)) for number in range(count)]


@ALL_MASKS
def test_it_is_good_from_the_first_frame_on(masks: Masks) -> None:
    assert set(View(masks).looks(20)) == {"good"}


@ALL_MASKS
def test_what_is_wrong_with_the_rest_is_still_told(masks: Masks) -> None:
    view = View(masks)
    view.looks(12)
    assert view.look(np.zeros((HEIGHT, WIDTH, 3), np.uint8)) == "black"
    assert view.look(np.full((HEIGHT, WIDTH, 3), 100, np.uint8)) == "blocked"
    assert view.look(np.full((HEIGHT, WIDTH, 3), 255, np.uint8)) == "overexposed"


@ALL_MASKS
def test_a_blurred_view_is_still_told(masks: Masks) -> None:
    view = View(masks)
    view.looks(12)
    assert view.look(blurred(4)(scene(seed=30, noise=0), np.random.default_rng(1))) == "blurred"


@ALL_MASKS
def test_a_camera_that_was_turned_is_told_though_the_masks_stay_in_their_place(masks: Masks) -> None:
    view = View(masks)
    view.looks(12)
    turned = np.roll(scene(seed=30), (60, 110), axis=(0, 1))
    assert view.look(turned) in ("moved", "blocked")


@ALL_MASKS
def test_masks_that_are_set_once_the_view_is_known_change_nothing(masks: Masks, tmp_path: Path) -> None:
    view = View((), tmp_path / "view.npz")
    assert set(view.looks(12)) == {"good"}
    view.restart(masks)
    kept = read_reference(tmp_path / "view.npz")
    assert kept is not None
    assert not kept.edges[hidden_pixels(masks, 160, 120)].any()  # what is hidden is not kept either
    assert set(view.looks(12, seed=20)) == {"good"}


def test_lost_data_above_a_mask_are_still_told() -> None:
    view = View(LOWEST)
    view.looks(12)
    cut = scene(seed=30)
    cut[round(0.5 * HEIGHT) :] = 128
    assert view.look(cut) == "torn"


def test_masks_over_everything_leave_nothing_to_believe() -> None:
    assert View(strip(-0.1, -0.1, 1.1, 1.1)).look(scene()) == "blocked"

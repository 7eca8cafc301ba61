"""Privacy masks cover every pixel that they touch and leave all others as they were."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.frame import Frame, Image, Masks
from lotwise.datasets.load import load
from lotwise.datasets.privacy_masks import COLOUR, digest, hidden_pixels, painted

HALF: Masks = (((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),)
SLANTED: Masks = (((0.2, 0.1), (0.7, 0.3), (0.4, 0.9)), ((0.9, 0.5), (1.3, 0.5), (1.3, 0.7), (0.9, 0.7)))


def noise(width: int = 97, height: int = 61) -> Image:
    """A picture without any pixel of the masks' colour."""
    return np.random.default_rng(3).integers(150, 255, (height, width, 3), np.uint8)


def exactly(masks: Masks, width: int, height: int, more: float) -> np.ndarray:
    """Pixels whose middle lies inside a mask, or at most ``more`` pixels outside of it."""
    x, y = np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5)
    corners = [np.array(mask, np.float32) * np.array([width, height], np.float32) for mask in masks]
    inside = [
        [
            cv2.pointPolygonTest(one, (float(px), float(py)), True) >= -more
            for px, py in zip(x.flat, y.flat, strict=True)
        ]
        for one in corners
    ]
    return np.any(inside, axis=0).reshape(height, width)


@pytest.mark.parametrize("masks", [HALF, SLANTED, HALF + SLANTED])
@pytest.mark.parametrize("size", [(97, 61), (64, 48), (1, 1), (3, 200)])
def test_all_that_a_mask_touches_is_painted_and_little_more(masks: Masks, size: tuple[int, int]) -> None:
    before = noise(*size)
    after = painted(before.copy(), masks)
    assert after.shape == before.shape
    hidden = (after == COLOUR).all(axis=2)
    assert hidden[exactly(masks, *size, more=0)].all()
    outside = ~exactly(masks, *size, more=3)
    assert (after[outside] == before[outside]).all()
    assert (hidden_pixels(masks, *size) == hidden).all()


def test_a_mask_thinner_than_a_pixel_hides_what_it_lies_on() -> None:
    after = painted(noise(100, 100), (((0.1, 0.5), (0.9, 0.501), (0.9, 0.502)),))
    assert (after[50, 12:88] == COLOUR).all()


def test_nothing_of_the_picture_is_left_in_its_memory() -> None:
    image = noise()
    assert painted(image, HALF) is image
    assert (image[:, :48] == COLOUR).all()


def test_without_masks_the_picture_is_the_same_object() -> None:
    image = noise()
    assert painted(image, ()) is image


@pytest.mark.parametrize(
    "of",
    [
        lambda image: image[:, ::-1],
        lambda image: image[::-1],
        lambda image: image.transpose(1, 0, 2),
        lambda image: np.concatenate([image, image], axis=1)[:, :97],
        lambda image: image[::2, ::2],
    ],
    ids=["mirrored", "upside down", "turned", "rows with padding", "every second pixel"],
)
def test_pictures_that_are_views_of_others(of) -> None:
    view = of(noise())
    expected = painted(np.ascontiguousarray(view), SLANTED)
    after = painted(view, SLANTED)
    assert (after == expected).all()
    assert (after == COLOUR).all(axis=2).any()


def test_a_read_only_picture_is_copied() -> None:
    image = noise()
    image.flags.writeable = False
    assert (painted(image, HALF)[:, :48] == COLOUR).all()
    assert not (image[:, :48] == COLOUR).any()


def test_painted_twice_is_painted_once() -> None:
    once = painted(noise(), SLANTED)
    assert (painted(once.copy(), SLANTED) == once).all()


def test_other_masks_are_told_from_these() -> None:
    assert len({digest(masks) for masks in ((), HALF, SLANTED, HALF + SLANTED)}) == 4
    assert digest(()) == 0


@pytest.mark.parametrize("reduction", [1, 2, 8])
def test_a_frame_is_painted_whatever_its_size_when_it_is_decoded(tmp_path: Path, reduction) -> None:
    cv2.imwrite(str(tmp_path / "a.jpg"), noise(640, 480))
    image = load(Frame("C1", "a", tmp_path / "a.jpg", masks=HALF), reduction)
    width = image.shape[1] // 2
    assert (image[:, :width] == COLOUR).all()
    assert image[:, width + 3 :].min() > 120

"""Pixels and boxes are turned together, as EXIF numbers turns."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from lotwise.datasets.image_header import orientation, swaps_sides
from lotwise.datasets.turning import turned, turned_boxes
from tests.datasets.pictures import scene, written

PICTURE = scene(96, 64)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_pixels_are_turned_as_pillow_turns_them(kind: str, turn: int) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    data = written(PICTURE, kind, turn, **options)
    assert orientation(io.BytesIO(data)) == turn
    expected = np.asarray(ImageOps.exif_transpose(Pillow.open(io.BytesIO(written(PICTURE, "PNG", turn)))))
    assert np.array_equal(turned(PICTURE, turn), cv2.cvtColor(expected, cv2.COLOR_RGB2BGR))


@pytest.mark.parametrize("turn", range(1, 9))
def test_boxes_are_turned_with_the_pixels(turn: int) -> None:
    marked = np.zeros((64, 96, 3), np.uint8)
    marked[10:20, 30:70] = 255
    ys, xs = np.nonzero(turned(marked, turn)[..., 0])
    box = turned_boxes(np.array([[30.0, 10.0, 70.0, 20.0]]), (96, 64), turn)
    assert box.tolist() == [[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]]
    assert swaps_sides(turn) == (turned(marked, turn).shape[:2] == (96, 64))

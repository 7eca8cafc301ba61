"""Sizes and turns from headers are those that decoding gives."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image as Pillow
from PIL import ImageOps

from lotwise.datasets.image_header import orientation, stored_size, swaps_sides
from lotwise.datasets.turning import turned, turned_boxes
from tests.datasets.pictures import scene, written

PICTURE = scene(96, 64)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "AVIF", "JPEG2000", "PPM"])
def test_the_size_is_the_stored_one(kind: str) -> None:
    assert stored_size(io.BytesIO(written(PICTURE, kind))) == (96, 64)


@pytest.mark.parametrize("options", [{"lossless": True}, {"quality": 50}, {"exif": b"Exif\0\0II*\0\x08\0\0\0\0\0"}])
def test_all_three_kinds_of_webp_tell_their_size(options: dict) -> None:
    assert stored_size(io.BytesIO(written(PICTURE, "WEBP", **options))) == (96, 64)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"RIFF", b"II*\0", b"\x89PNG\r\n", b"BM", b"no"])
def test_what_is_cut_off_within_its_header_has_no_size(data: bytes) -> None:
    assert stored_size(io.BytesIO(data)) is None
    assert orientation(io.BytesIO(data)) == 1


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
    box = turned_boxes(np.float32([[30, 10, 70, 20]]), (96, 64), turn)
    assert box.tolist() == [[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]]
    assert swaps_sides(turn) == (turned(marked, turn).shape[:2] == (96, 64))


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_turns_nothing(value: int) -> None:
    assert orientation(io.BytesIO(written(PICTURE, "JPEG", value))) == 1

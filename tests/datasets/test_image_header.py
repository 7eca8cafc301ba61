"""Sizes and turns from headers are those that decoding gives."""

import io

import pytest

from lotwise.datasets.image_header import orientation, stored_size
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


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_turns_nothing(value: int) -> None:
    assert orientation(io.BytesIO(written(PICTURE, "JPEG", value))) == 1

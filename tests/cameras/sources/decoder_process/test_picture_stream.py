"""Pictures cut out of the bytes of a camera, however the network cuts these into pieces."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from lotwise.cameras.sources.decoder_process.failure import Failure
from lotwise.cameras.sources.decoder_process.picture_stream import PictureStream


def picture(suffix: str = ".jpg", value: int = 90) -> bytes:
    noise = np.random.default_rng(value).integers(0, 255, (24, 32, 3), np.uint8)
    good, data = cv2.imencode(suffix, noise)
    assert good
    return data.tobytes()


def cut(data: bytes, size: int, max_bytes: int = 100_000) -> tuple[list[bytes], PictureStream]:
    stream = PictureStream(max_bytes)
    found = [one for at in range(0, len(data), size) for one in stream.feed(data[at : at + size])]
    return found, stream


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000, 1 << 20])
def test_pictures_are_whole_however_they_arrive(size: int) -> None:
    pictures = [picture(), picture(".png"), picture(value=7), picture(".png", 8)]
    data = b"".join(b"--x\r\nContent-Length: 5\r\n\r\n" + one + bytes(9) + b"\xff\xff\r\n" for one in pictures)
    found, stream = cut(data, size)
    assert found == pictures
    assert (stream.cut, stream.unfinished) == (0, False)


@pytest.mark.parametrize("size", [1, 5, 1 << 20])
def test_a_picture_that_stops_midway_is_left_out_and_counted(size: int) -> None:
    first, second = picture(), picture(value=7)
    found, stream = cut(first[:-400] + second, size)
    assert found == [second]
    assert stream.cut == 1


def test_a_beginning_without_an_end_is_unfinished() -> None:
    found, stream = cut(picture()[:-2], 100)
    assert found == []
    assert stream.unfinished


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (bytes(5000), "no picture within max_bytes"),  # nothing at all
        (picture()[:-2] + bytes(5000), "a picture is larger than max_bytes"),  # no end
        (picture()[:20] + b"\xff\xee\xff\xff" * 2000, "a picture is larger than max_bytes"),  # segments without end
    ],
)
@pytest.mark.parametrize("size", [64, 1 << 20])
def test_memory_is_bounded(data: bytes, why: str, size: int) -> None:
    with pytest.raises(Failure, match=why):
        cut(data, size, max_bytes=4000)

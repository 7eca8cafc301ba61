"""Images are read whole or refused, and none that is whole is refused."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.image_files import image_files
from lotwise.datasets.images import Reduction, content_key, decode_image, image_size, read_image
from lotwise.datasets.jpeg import jpeg_end
from lotwise.datasets.turning import turned
from tests.datasets.pictures import png_claiming, scene, written

RNG = np.random.default_rng(0)
PICTURE = cv2.resize(RNG.integers(0, 255, (12, 16, 3), np.uint8), (160, 120))


def encode(suffix: str, *options: int) -> bytes:
    good, data = cv2.imencode(suffix, PICTURE, list(options))
    assert good
    return data.tobytes()


def with_thumbnail(data: bytes) -> bytes:
    """A JPEG whose comment holds a whole small JPEG, end mark included, as cameras write them."""
    inner = encode(".jpg")[:2000] + b"\xff\xd9"
    return data[:2] + b"\xff\xfe" + (len(inner) + 2).to_bytes(2, "big") + inner + data[2:]


JPEG = encode(".jpg")
PROGRESSIVE = encode(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
RESTARTS = encode(".jpg", cv2.IMWRITE_JPEG_RST_INTERVAL, 2)
PNG = encode(".png")
BMP = encode(".bmp")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(JPEG, id="baseline"),
        pytest.param(PROGRESSIVE, id="progressive: several scans"),
        pytest.param(RESTARTS, id="restart marks"),
        pytest.param(with_thumbnail(JPEG), id="thumbnail before the image"),
        pytest.param(JPEG + b"\0" * 10_000, id="padding after the end"),
        pytest.param(JPEG + JPEG, id="second picture after the end"),
        pytest.param(PNG, id="PNG"),
        pytest.param(PNG + b"trailing", id="PNG with bytes after the end"),
        pytest.param(BMP, id="BMP"),
    ],
)
def test_whole_images_are_read(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.img").write_bytes(data)
    assert read_image(tmp_path / "a.img").shape == (120, 160, 3)
    assert image_size(tmp_path / "a.img") == (160, 120)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
@pytest.mark.parametrize(
    "data",
    [
        pytest.param(JPEG, id="baseline"),
        pytest.param(PROGRESSIVE, id="progressive"),
        pytest.param(RESTARTS, id="restart marks"),
        pytest.param(with_thumbnail(JPEG), id="thumbnail with an end mark of its own"),
        pytest.param(PNG, id="PNG"),
    ],
)
def test_truncated_images_are_refused(tmp_path: Path, data: bytes, share: float) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(UnreadableImage, match=r"cut\.jpg"):
        read_image(path)


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_jpeg_cut_near_its_end_is_refused(tmp_path: Path, cut: int) -> None:
    (tmp_path / "cut.jpg").write_bytes(JPEG[:-cut])
    with pytest.raises(UnreadableImage, match="truncated"):
        read_image(tmp_path / "cut.jpg")


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"no image", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_image_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(UnreadableImage, match=r"a\.jpg"):
        read_image(tmp_path / "a.jpg")
    with pytest.raises(UnreadableImage, match=r"a\.jpg"):
        image_size(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "an empty file"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "HEIC, whatever its name says: convert it to JPEG"),
        (b"<!DOCTYPE html><title>Log in</title>", "a web page or other text"),
    ],
)
def test_what_a_file_holds_instead_is_told(tmp_path: Path, data: bytes, told: str) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(UnreadableImage, match=re.escape(f"a.jpg: not an image that can be decoded ({told})")):
        read_image(tmp_path / "a.jpg")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match=r"gone\.jpg: cannot be read"):
        read_image(tmp_path / "gone.jpg")


def test_size_of_a_turned_picture_is_that_of_its_pixels(tmp_path: Path) -> None:
    # Exif with the one entry Orientation = 6: turned by 90 degrees when decoded.
    entry = b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
    exif = b"Exif\0\0MM\x00\x2a\x00\x00\x00\x08\x00\x01" + entry + b"\0\0\0\0"
    path = tmp_path / "phone.jpg"
    path.write_bytes(JPEG[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + JPEG[2:])
    assert read_image(path).shape == (160, 120, 3)
    assert image_size(path) == (120, 160)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("turn", [1, 3, 6, 8])
@pytest.mark.parametrize("reduction", [1, 4])
def test_a_turned_picture_is_read_as_it_is_seen(tmp_path: Path, kind: str, turn: int, reduction: Reduction) -> None:
    """Whatever this version of OpenCV does by itself."""
    picture = scene(640, 480)
    (tmp_path / "a").write_bytes(written(picture, kind, turn))
    size = (480, 640) if turn in (6, 8) else (640, 480)
    assert image_size(tmp_path / "a") == size
    read = read_image(tmp_path / "a", reduction)
    assert read.shape[1::-1] == (size[0] // reduction, size[1] // reduction)
    expected = cv2.resize(turned(picture, turn), read.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(read.astype(float) - expected).mean() < 6


@pytest.mark.parametrize("kind", ["AVIF", "GIF", "JPEG2000", "PPM", "MPO"])
def test_less_usual_kinds_are_read(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a").write_bytes(written(scene(640, 480), kind))
    assert read_image(tmp_path / "a").shape == (480, 640, 3)
    assert image_size(tmp_path / "a") == (640, 480)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="baseline"),
        pytest.param((cv2.IMWRITE_JPEG_PROGRESSIVE, 1), id="progressive"),
        pytest.param((cv2.IMWRITE_JPEG_RST_INTERVAL, 4), id="restart marks"),
        pytest.param((cv2.IMWRITE_JPEG_OPTIMIZE, 1), id="own tables"),
    ],
)
def test_a_jpeg_cut_with_an_end_mark_put_behind_is_refused(tmp_path: Path, options: tuple, share: float) -> None:
    data = cv2.imencode(".jpg", scene(), options)[1].tobytes()
    (tmp_path / "cut.jpg").write_bytes(data[: int(len(data) * share)] + b"\xff\xd9")
    with pytest.raises(UnreadableImage, match=r"cut\.jpg: truncated image \(its data end before its pixels"):
        read_image(tmp_path / "cut.jpg")


@pytest.mark.parametrize("level", [0, 128, 255])
@pytest.mark.parametrize("progressive", [0, 1])
def test_a_whole_jpeg_that_ends_in_one_colour_is_read(tmp_path: Path, level: int, progressive: int) -> None:
    picture = scene()
    picture[-60:] = level
    cv2.imwrite(str(tmp_path / "a.jpg"), picture, [cv2.IMWRITE_JPEG_PROGRESSIVE, progressive])
    assert read_image(tmp_path / "a.jpg").shape == picture.shape


@pytest.mark.parametrize("padding", [b"\0" * 96, b"\0" * 600, b"\xff" * 64, b"\r\n--boundary\r\n", JPEG])
def test_what_lies_behind_the_end_mark_is_not_looked_at(padding: bytes) -> None:
    assert np.array_equal(decode_image(JPEG + padding, "x"), decode_image(JPEG, "x"))
    assert jpeg_end(JPEG + padding) == len(JPEG)


def jpeg_header(width: int, height: int) -> bytes:
    at = JPEG.index(b"\xff\xc0") + 5
    return JPEG[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + JPEG[at + 4 :]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(png_claiming(65_500, 65_500), id="PNG"),
        pytest.param(png_claiming(2**31 - 1, 2**31 - 1), id="PNG beyond what OpenCV counts"),
        pytest.param(jpeg_header(65_500, 65_500), id="JPEG"),
        pytest.param(BMP[:18] + (40_000).to_bytes(4, "little") * 2 + BMP[26:], id="BMP"),
        pytest.param(b"GIF89a" + (65_000).to_bytes(2, "little") * 2 + bytes(20), id="GIF"),
    ],
)
def test_a_claim_of_more_pixels_than_any_camera_has_is_refused_before_decoding(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "bomb.img").write_bytes(data)
    with pytest.raises(UnreadableImage, match=r"bomb\.img: claims \d+ x \d+ pixels, more than the 100 million"):
        read_image(tmp_path / "bomb.img")


def test_an_error_within_opencv_is_an_unreadable_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise cv2.error("too large")

    monkeypatch.setattr(cv2, "imdecode", fails)
    (tmp_path / "a.jpg").write_bytes(JPEG)
    with pytest.raises(UnreadableImage, match=r"a\.jpg: not an image that can be decoded"):
        read_image(tmp_path / "a.jpg")


def test_content_key_is_of_the_pixels() -> None:
    assert content_key(PICTURE) == content_key(PICTURE.copy())
    assert content_key(PICTURE) != content_key(PICTURE[:, ::-1])
    # The same bytes in another shape are another picture.
    assert content_key(PICTURE) != content_key(PICTURE.reshape(160, 120, 3))


@pytest.mark.shared
def test_no_real_image_is_refused(shared: Path) -> None:
    files = image_files(shared / "data")
    assert files
    for path in files:
        height, width = read_image(path).shape[:2]
        assert image_size(path) == (width, height)

"""Images are read whole or refused, and none that is whole is refused."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.images import content_key, image_files, image_size, read_image

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


def test_content_key_is_of_the_pixels() -> None:
    assert content_key(PICTURE) == content_key(PICTURE.copy())
    assert content_key(PICTURE) != content_key(PICTURE[:, ::-1])
    # The same bytes in another shape are another picture.
    assert content_key(PICTURE) != content_key(PICTURE.reshape(160, 120, 3))


def test_image_files_leaves_out_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.PNG", "._b.jpg", ".thumbs/c.jpg", "notes.txt", "deep/er/d.jpeg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert [path.relative_to(tmp_path).as_posix() for path in image_files(tmp_path)] == [
        "a.PNG",
        "b.jpg",
        "deep/er/d.jpeg",
    ]
    with pytest.raises(InputError, match="no such file or folder"):
        image_files(tmp_path / "nowhere")


@pytest.mark.shared
def test_no_real_image_is_refused(shared: Path) -> None:
    files = image_files(shared / "data")
    assert len(files) == 162
    for path in files:
        height, width = read_image(path).shape[:2]
        assert image_size(path) == (width, height)

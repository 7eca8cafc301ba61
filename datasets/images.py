"""Reading images whole or not at all, and their sizes."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Image
from lotwise.datasets.image_header import MAX_PIXELS, orientation, stored_size, swaps_sides
from lotwise.datasets.jpeg import jpeg_end, reaches_end
from lotwise.datasets.turning import turned

Reduction = Literal[1, 2, 4, 8]
"""An image is decoded at its size, or cheaper at a half, a quarter or an eighth of it."""

_SIZED_BY_HEADER = (b"\xff\xd8", b"\x89P", b"BM", b"RI")
"""First two bytes of the formats whose header tells the size of what is decoded: JPEG, PNG, BMP, WebP."""
_MODES: dict[Reduction, int] = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def read_image(path: Path, reduction: Reduction = 1, max_pixels: int = MAX_PIXELS) -> Image:
    """Decode an image file to (H, W, 3) BGR, turned as its EXIF says, each side divided by ``reduction``.

    Raises:
        UnreadableImage: the file is missing, or what :func:`decode_image` refuses.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    return decode_image(data, str(path), reduction, max_pixels)


def decode_image(data: bytes, origin: str, reduction: Reduction = 1, max_pixels: int = MAX_PIXELS) -> Image:
    """As :func:`read_image`, from the bytes of a file.

    Several versions of OpenCV fill what a truncated file lacks with grey and say nothing, which would teach
    a student that half of the lot is empty; so the end of the file's own structure is looked for first.

    Args:
        data: the whole file.
        origin: names it in errors.
        reduction: divides each side.
        max_pixels: an image of more is refused before it is decoded.

    Raises:
        UnreadableImage: no data, truncated data, no image, or one of more than ``max_pixels``.
    """
    jpeg = data.startswith(b"\xff\xd8")
    if (jpeg and jpeg_end(data) is None) or (data.startswith(b"\x89PNG") and not _png_reaches_end(data)):
        raise UnreadableImage(f"{origin}: truncated image (its end is missing after {len(data)} bytes); copy it again")
    file = io.BytesIO(data)
    width, height = stored_size(file) or (0, 0)
    if width * height > max_pixels:
        raise UnreadableImage(
            f"{origin}: claims {width} x {height} pixels, more than the {max_pixels // 1_000_000} million that are "
            "read; scale it down or delete it"
        )
    turn = orientation(file)
    try:
        # OpenCV's versions differ in the formats whose orientation they follow, so it is followed here.
        mode = _MODES[reduction if jpeg else 1] | cv2.IMREAD_IGNORE_ORIENTATION
        image = cv2.imdecode(np.frombuffer(data, np.uint8), mode) if data else None
    except cv2.error:
        image = None
    if image is None:
        raise UnreadableImage(f"{origin}: not an image that can be decoded ({_content(data)}); replace or delete it")
    if jpeg and not reaches_end(data, np.asarray(image, np.uint8)):
        raise UnreadableImage(
            f"{origin}: truncated image (its data end before its pixels, though it has an end mark); copy it again"
        )
    pixels = np.asarray(image, np.uint8)
    return turned(pixels if jpeg else reduced(pixels, reduction), turn)


def reduced(image: Image, reduction: Reduction) -> Image:
    """An image with each side divided, by the mean of the pixels; what is decoded at that size needs no such thing."""
    if reduction == 1:
        return image
    size = (max(image.shape[1] // reduction, 1), max(image.shape[0] // reduction, 1))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def image_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels as :func:`read_image` would give them, from the header where that is enough.

    Raises:
        UnreadableImage: the file is missing or no image.
    """
    return image_layout(path)[0]


def image_layout(path: Path) -> tuple[tuple[int, int], int]:
    """As :func:`image_size`, with the EXIF orientation by which the stored pixels are turned to be seen so, 1 to 8."""
    try:
        with path.open("rb") as file:
            size = stored_size(file) if file.read(2) in _SIZED_BY_HEADER else None
            turn = orientation(file) if size else 1
    except OSError as error:
        raise _unreadable(path, error) from error
    if size is None or 0 in size:
        height, width = read_image(path).shape[:2]
        return (width, height), turn
    return ((size[1], size[0]) if swaps_sides(turn) else size), turn


def content_key(image: Image) -> str:
    """Name of an image by its pixels (32 hex digits): the same picture under two names is one picture."""
    digest = hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16)
    digest.update(str(image.shape).encode())
    return digest.hexdigest()


def _unreadable(path: Path, error: OSError) -> UnreadableImage:
    return UnreadableImage(f"{path}: cannot be read ({error.strerror}); check the path and its rights")


def _png_reaches_end(data: bytes) -> bool:
    position = 8
    while position + 12 <= len(data):
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    return False


def _content(data: bytes) -> str:
    """What a file that is no image of a known kind holds, as far as its first bytes tell."""
    if data[4:8] == b"ftyp" and data[8:12] in (b"heic", b"heix", b"hevc", b"mif1", b"msf1"):
        return "HEIC, whatever its name says: convert it to JPEG"
    if data.lstrip()[:1] == b"<":
        return "a web page or other text"
    return f"{len(data)} bytes" if data else "an empty file"

"""Reading images whole or not at all, their sizes, and the image files of a folder."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Image

Reduction = Literal[1, 2, 4, 8]
"""An image is decoded at its size, or cheaper at a half, a quarter or an eighth of it."""

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff")

# In the entropy-coded data of a JPEG, FF 00 is a byte FF and FF D0..D7 are restart marks: neither ends it.
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_JPEG_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MODES: dict[Reduction, int] = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def read_image(path: Path, reduction: Reduction = 1) -> Image:
    """Decode an image file to (H, W, 3) BGR, each side divided by ``reduction``.

    Several versions of OpenCV fill what a truncated file lacks with grey and say nothing, which would teach
    a student that half of the lot is empty; so the end of the file's own structure is looked for first.

    Raises:
        UnreadableImage: the file is missing, empty, truncated or no image.
    """
    data = _bytes(path)
    if _truncated(data):
        raise UnreadableImage(f"{path}: truncated image (its end is missing after {len(data)} bytes); copy it again")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), _MODES[reduction]) if data else None
    if image is None:
        raise UnreadableImage(f"{path}: not an image that can be decoded ({len(data)} bytes); replace or delete it")
    return np.asarray(image, np.uint8)


def image_size(path: Path) -> tuple[int, int]:
    """Width and height in pixels as :func:`read_image` would give them, from the header where that is enough.

    Raises:
        UnreadableImage: the file is missing or no image.
    """
    size = _header_size(_bytes(path, 1 << 16))
    if size is None:
        height, width = read_image(path).shape[:2]
        return width, height
    return size


def content_key(image: Image) -> str:
    """Name of an image by its pixels (32 hex digits): the same picture under two names is one picture."""
    digest = hashlib.blake2b(np.ascontiguousarray(image).tobytes(), digest_size=16)
    digest.update(str(image.shape).encode())
    return digest.hexdigest()


def image_files(root: Path) -> list[Path]:
    """All image files below a folder, sorted; or the file itself. Hidden files and folders are left out.

    Raises:
        InputError: the path does not exist.
    """
    return files_with_suffix(root, SUFFIXES)


def files_with_suffix(root: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """As :func:`image_files`, for other kinds of file; suffixes in lower case, with the dot."""
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise InputError(f"{root}: no such file or folder; give a folder of images")
    return sorted(
        path
        for path in root.rglob("*")
        if path.suffix.lower() in suffixes
        # macOS writes ._name.jpg beside name.jpg on foreign disks: not an image, whatever its suffix.
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
        and path.is_file()
    )


def _bytes(path: Path, most: int = -1) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as error:
        raise UnreadableImage(f"{path}: cannot be read ({error.strerror}); check the path and its rights") from error


def _truncated(data: bytes) -> bool:
    """Whether a JPEG or PNG stops before its end mark; bytes after the end mark are allowed.

    A JPEG is walked segment by segment: an end mark inside a thumbnail or comment is not the image's own.
    """
    if data.startswith(b"\x89PNG"):
        return not _png_reaches_end(data)
    if not data.startswith(b"\xff\xd8"):
        return False
    position = 2
    while found := _JPEG_MARKER.search(data, position):
        marker = found.group(1)[0]
        if marker == 0xD9:
            return False
        position = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
    return True


def _png_reaches_end(data: bytes) -> bool:
    position = 8
    while position + 12 <= len(data):
        if data[position + 4 : position + 8] == b"IEND":
            return True
        position += 12 + int.from_bytes(data[position : position + 4], "big")
    return False


def _header_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from a PNG or JPEG header; None where only decoding tells."""
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        return int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    if not data.startswith(b"\xff\xd8"):
        return None
    position = 2
    while found := _JPEG_MARKER.search(data, position):
        marker, start = found.group(1)[0], found.end()
        if data[start + 2 : start + 6] == b"Exif":
            return None  # it may turn the picture when decoded
        if marker in _JPEG_SIZES and len(data) >= start + 7:
            return int.from_bytes(data[start + 5 : start + 7], "big"), int.from_bytes(
                data[start + 3 : start + 5], "big"
            )
        position = start + int.from_bytes(data[start : start + 2], "big")
    return None

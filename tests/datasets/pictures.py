"""Picture files as cameras, telephones and tools write them, for tests."""

import io
import zlib

import cv2
import numpy as np
from PIL import Image as Pillow

from lotwise.datasets.frame import Image


def scene(width: int = 640, height: int = 480) -> Image:
    """A picture whose every corner is another colour, with fine structure all over."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (height // 20, width // 20, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height)), np.uint8)


def written(image: Image, kind: str, orientation: int | None = None, **options: object) -> bytes:
    """A file of this kind as Pillow writes it, with an EXIF orientation where one is given."""
    if orientation is not None:
        exif = Pillow.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    file = io.BytesIO()
    Pillow.fromarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).save(file, kind, **options)
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A small PNG whose header claims a size."""
    data = written(scene(64, 48), "PNG")
    chunk = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + data[24:29]
    return data[:12] + chunk + zlib.crc32(chunk).to_bytes(4, "big") + data[33:]

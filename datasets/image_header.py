"""What the header of an image file tells without decoding it: its size as stored, and how it is to be turned.

No NumPy here: decoder processes of network cameras read headers too, and pay for every import in memory.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import BinaryIO

Size = tuple[int, int]
"""Width and height in pixels."""

MAX_PIXELS = 100_000_000
"""Images of more pixels are refused before they are decoded: no camera has them (the largest panoramic ones have 64
million), and a file of some megabytes can claim thousands of millions, which would take all memory."""

_JPEG_SIZE_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_EXIF_ORIENTATION = 0x0112
_TIFF_WIDTH, _TIFF_HEIGHT = 0x0100, 0x0101
_PNM_HEADER = re.compile(rb"P[1-6](?:\s+|#[^\n]*\n)+(\d+)(?:\s+|#[^\n]*\n)+(\d+)")


def stored_size(file: BinaryIO) -> Size | None:
    """Size of the stored pixels, before any turn; None where the header does not tell.

    Reads JPEG, PNG, WebP, BMP, GIF, TIFF, AVIF, JPEG 2000 and PNM.
    """
    file.seek(0)
    start = file.read(64)
    if start.startswith(b"\xff\xd8"):
        return _jpeg_size(file)
    if start.startswith(b"\x89PNG") and len(start) >= 24:
        return _big(start[16:20]), _big(start[20:24])
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return _webp_size(start)
    if start.startswith(b"BM") and len(start) >= 26:
        return abs(_signed(start[18:22])), abs(_signed(start[22:26]))
    if start[:6] in (b"GIF87a", b"GIF89a"):
        return _little(start[6:8]), _little(start[8:10])
    if start[:4] in (b"II*\0", b"MM\0*"):
        entries = _tiff_entries(file)
        return (entries[_TIFF_WIDTH], entries[_TIFF_HEIGHT]) if {_TIFF_WIDTH, _TIFF_HEIGHT} <= entries.keys() else None
    if found := _PNM_HEADER.match(start):
        return int(found.group(1)), int(found.group(2))
    return _box_size(start + file.read(1 << 12))


def orientation(file: BinaryIO) -> int:
    """How the stored pixels of a JPEG, PNG or WebP are to be turned, 1 (not at all) to 8, as EXIF numbers it.

    Other formats turn themselves when they are decoded.
    """
    file.seek(0)
    start = file.read(12)
    exif = None
    if start.startswith(b"\xff\xd8"):
        exif = next((data[6:] for marker, data in _jpeg_segments(file) if marker == 0xE1 and data[:4] == b"Exif"), None)
    elif start.startswith(b"\x89PNG"):
        exif = _chunk(file, 8, b"eXIf", "big", trailer=4)
    elif start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        exif = _chunk(file, 12, b"EXIF", "little", trailer=0)
    if exif is None:
        return 1
    found = _tiff_entries(io.BytesIO(exif.removeprefix(b"Exif\0\0"))).get(_EXIF_ORIENTATION, 1)
    return found if 1 <= found <= 8 else 1


def swaps_sides(turn: int) -> bool:
    """Whether an EXIF orientation exchanges width and height."""
    return turn >= 5


def _jpeg_segments(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Marker and content of each segment before the compressed data."""
    file.seek(2)
    while byte := file.read(1):
        if byte != b"\xff":
            continue
        while byte == b"\xff":
            byte = file.read(1)
        if not byte or byte[0] in _JPEG_BARE_MARKERS or byte == b"\0":
            continue
        length = _big(file.read(2))
        content = file.read(max(length - 2, 0))
        yield byte[0], content
        if byte[0] in (0xDA, 0xD9):
            return


def _jpeg_size(file: BinaryIO) -> Size | None:
    for marker, content in _jpeg_segments(file):
        if marker in _JPEG_SIZE_MARKERS and len(content) >= 5:
            return _big(content[3:5]), _big(content[1:3])
    return None


def _webp_size(start: bytes) -> Size | None:
    kind = start[12:16]
    if kind == b"VP8X":
        return _little(start[24:27]) + 1, _little(start[27:30]) + 1
    if kind == b"VP8 ":
        return _little(start[26:28]) & 0x3FFF, _little(start[28:30]) & 0x3FFF
    if kind == b"VP8L":
        bits = _little(start[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return None


def _box_size(start: bytes) -> Size | None:
    """Of AVIF (the largest of its ``ispe`` boxes) and JPEG 2000 (``ihdr``)."""
    if start[4:8] == b"ftyp":
        sizes = [
            (_big(start[at + 8 : at + 12]), _big(start[at + 12 : at + 16]))
            for at in (found.start() for found in re.finditer(b"ispe", start))
        ]
        return max(sizes, key=lambda size: size[0] * size[1], default=None)
    at = start.find(b"ihdr") if start[4:8] == b"jP  " else -1
    return None if at < 0 else (_big(start[at + 8 : at + 12]), _big(start[at + 4 : at + 8]))


def _chunk(file: BinaryIO, first: int, wanted: bytes, order: str, trailer: int) -> bytes | None:
    """Content of a named chunk: of PNG (length, name, content, checksum) or RIFF (name, length, content, padding)."""
    position = first
    while True:
        file.seek(position)
        head = file.read(8)
        if len(head) < 8:
            return None
        name, length = (head[4:], _big(head[:4])) if order == "big" else (head[:4], _little(head[4:]))
        if name == wanted:
            return file.read(length)
        position += 8 + length + trailer + (length & 1 if order == "little" else 0)


def _tiff_entries(file: BinaryIO) -> dict[int, int]:
    """Tags of the first directory of a TIFF structure whose value is one 16-bit or 32-bit number."""
    file.seek(0)
    head = file.read(8)
    if head[:2] not in (b"II", b"MM") or len(head) < 8:
        return {}
    number = _little if head[:2] == b"II" else _big
    file.seek(number(head[4:8]))
    data = file.read(12 * number(file.read(2)))
    entries = {}
    for at in range(0, len(data) - 11, 12):
        tag, kind, count = number(data[at : at + 2]), number(data[at + 2 : at + 4]), number(data[at + 4 : at + 8])
        if count == 1 and kind in (3, 4):
            entries[tag] = number(data[at + 8 : at + (10 if kind == 3 else 12)])
    return entries


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)

"""Whole pictures out of the bytes of a camera, by the pictures' own structure.

What a camera writes around its pictures is not to be relied on: boundaries differ from the ones announced or are
missing, part lengths are wrong, blank bytes stand before a picture and padding behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum

from lotwise.cameras.sources.decoder_process.failure import Failure

_START = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n")
_LONGEST_START = 8
"""Bytes of the longer of the two beginnings, PNG's signature: so many may be the start of one that is not all there."""
# In the entropy-coded data of a JPEG, FF 00 is a byte FF and FF D0..D7 are restart marks: neither ends it.
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
_JPEG_BEGINS, _JPEG_ENDS = 0xD8, 0xD9


class _Walk(Enum):
    MORE = "more bytes are needed"
    WHOLE = "the picture ends here"
    CUT = "the next picture begins before this one ended"


class PictureStream:
    """Cuts bytes, as they come, into JPEG and PNG pictures, from their first byte to their own end mark.

    Args:
        max_bytes: size above which a picture is refused.

    Attributes:
        cut: pictures so far that ended before their end mark.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._buffer = bytearray()
        self._position = -1  # within a picture that begins the buffer; -1 while a beginning is searched
        self._skipped = 0
        self.cut = 0

    @property
    def unfinished(self) -> bool:
        """Whether a picture has begun and not ended."""
        return self._position >= 0

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The pictures that end within these bytes.

        Raises:
            Failure: a picture of more bytes than allowed, or as many bytes without any picture.
        """
        self._buffer += data
        while self._began():
            step = self._png() if self._buffer[0] == 0x89 else self._jpeg()
            if step is _Walk.MORE:
                if len(self._buffer) > self._max_bytes:
                    raise Failure(f"a picture is larger than max_bytes ({self._max_bytes})")
                return
            picture = bytes(self._buffer[: self._position])
            del self._buffer[: self._position]
            self._position = -1
            if step is _Walk.CUT:
                self.cut += 1
            elif len(picture) > self._max_bytes:
                raise Failure(f"a picture is larger than max_bytes ({self._max_bytes})")
            else:
                self._skipped = 0
                yield picture

    def _began(self) -> bool:
        """Whether a picture begins the buffer; drops what stands before one."""
        if self._position >= 0:
            return True
        found = _START.search(self._buffer)
        skipped = found.start() if found else max(len(self._buffer) - _LONGEST_START, 0)
        # A JPEG is walked from the first mark behind its beginning, a PNG from its first chunk.
        walked_from = 2 if found and self._buffer[found.start()] == 0xFF else _LONGEST_START
        del self._buffer[:skipped]
        self._skipped += skipped
        if self._skipped > self._max_bytes:
            raise Failure(f"no picture within max_bytes ({self._max_bytes}) of what the camera sends")
        if found is None:
            return False
        self._position = walked_from
        return True

    def _jpeg(self) -> _Walk:
        """Walk on, segment by segment: an end mark inside a thumbnail or comment is not the picture's own."""
        while found := _JPEG_MARKER.search(self._buffer, self._position):
            marker = found.group(1)[0]
            if marker == _JPEG_ENDS:
                self._position = found.end()
                return _Walk.WHOLE
            if marker == _JPEG_BEGINS:
                self._position = found.start()
                return _Walk.CUT
            self._position = found.start()
            if len(self._buffer) < found.end() + 2:
                return _Walk.MORE
            self._position = found.end() + int.from_bytes(self._buffer[found.end() : found.end() + 2], "big")
        # A mark may stand across the border of two reads: its FF is the last byte that is there.
        self._position = max(self._position, len(self._buffer) - 1)
        return _Walk.MORE

    def _png(self) -> _Walk:
        while len(self._buffer) >= self._position + 8:
            length = int.from_bytes(self._buffer[self._position : self._position + 4], "big")
            last = self._buffer[self._position + 4 : self._position + 8] == b"IEND"
            after = self._position + 12 + length
            if last and len(self._buffer) < after:
                return _Walk.MORE
            self._position = after
            if last:
                return _Walk.WHOLE
        return _Walk.MORE

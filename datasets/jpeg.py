"""Whether a JPEG is whole: where its own end mark lies, and whether its data reach all of its pixels."""

from __future__ import annotations

import re

import numpy as np

from lotwise.datasets.frame import Image

_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""A marker and its code. In the entropy-coded data of a JPEG, FF 00 is a byte FF and FF D0 to D7 are restart marks:
neither ends it."""
_SCAN, _END, _PROGRESSIVE = 0xDA, 0xD9, frozenset({0xC2, 0xC6, 0xCA, 0xCE})
"""Codes of the markers that begin compressed data, that end the image, and that begin a progressive frame, as
ITU-T T.81 (table B.1) numbers them."""
_BLOCK_PX = 8
"""Side, in pixels, of the blocks that a JPEG is coded in (ITU-T T.81): the least that a decoder makes up where data are
missing."""


def jpeg_end(data: bytes) -> int | None:
    """Number of bytes up to and with the image's own end mark; None where that is missing.

    The file is walked segment by segment: an end mark inside a thumbnail or comment is not the image's own. What
    follows it (padding, a second picture) is not looked at.
    """
    return _walk(data)[0]


def reaches_end(data: bytes, image: Image) -> bool:
    """Whether the data of a JPEG that has its end mark reach all of its pixels.

    A camera or a transfer that stops midway may put an end mark behind what there is. OpenCV then fills the rest with
    one colour and says nothing. So where the last block decoded is of one colour, or the JPEG is progressive and
    would only be coarser, a decoder that is strict about missing data has the last word.

    Args:
        data: the file.
        image: what OpenCV made of it, (H, W, 3), not yet turned.
    """
    last = image[-_BLOCK_PX:, -_BLOCK_PX:].reshape(-1, 3)
    if not _walk(data)[1] and np.ptp(last, axis=0).max() > 0:
        return True
    import av  # here, as most programs that read no picture would else start half a second later for it
    import av.error

    context = av.CodecContext.create("mjpeg", "r")
    context.options = {"err_detect": "explode"}
    context.thread_count = 1
    try:
        frames = context.decode(av.Packet(data)) or context.decode(None)
    except av.error.InvalidDataError:
        return False
    except av.error.FFmpegError:  # a kind of JPEG that this decoder does not know
        return True
    return not any(frame.is_corrupt for frame in frames)


def _walk(data: bytes) -> tuple[int | None, bool]:
    """End of the JPEG, and whether it is a progressive one."""
    position, progressive = 2, False
    while found := _MARKER.search(data, position):
        marker = found.group(1)[0]
        if marker == _END:
            return found.end(), progressive
        progressive = progressive or marker in _PROGRESSIVE
        position = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")
        if marker == _SCAN and not progressive:
            # Nothing but compressed data and restart marks follows, in which FF D9 is only ever the end: a plain
            # search takes a hundredth of the time of a walk.
            end = data.find(b"\xff\xd9", position)
            return (None if end < 0 else end + 2), False
    return None, progressive

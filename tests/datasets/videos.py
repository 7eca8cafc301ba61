"""Videos whose frame k shows k, for tests."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np


def record(path: Path, count: int, rate: float = 10, code: str = "mp4v") -> Path:
    """A video in which frame k shows k as sixteen black or white fields, safe from compression."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*code), rate, (128, 128))
    assert writer.isOpened()
    for k in range(count):
        bits = np.array([k >> bit & 1 for bit in range(16)], np.uint8).reshape(4, 4) * 255
        writer.write(cv2.cvtColor(np.kron(bits, np.ones((32, 32), np.uint8)), cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def fields_of(k: int) -> np.ndarray:
    bits = np.array([k >> bit & 1 for bit in range(16)], np.uint8).reshape(4, 4) * 255
    return cv2.cvtColor(np.kron(bits, np.ones((32, 32), np.uint8)), cv2.COLOR_GRAY2BGR)


def encode(path: Path, seconds: Sequence[float], codec: str = "libx264", format: str | None = None, **options) -> Path:  # noqa: A002
    """A video whose frame k is shown at ``seconds[k]``, key frames wide apart, with frames that look ahead."""
    with av.open(str(path), "w", format=format) as container:
        stream = container.add_stream(codec, rate=10, options=options)
        stream.width = stream.height = 128
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for k, second in enumerate(seconds):
            frame = av.VideoFrame.from_ndarray(fields_of(k), format="bgr24")
            frame.pts, frame.time_base = round(1000 * second), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def number_in(image: np.ndarray) -> int:
    fields = image[16::32, 16::32, 0] > 127
    return int(sum(1 << bit for bit, on in enumerate(fields.ravel()) if on))

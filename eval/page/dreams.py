"""The gallery of a camera's dreams, as one HTML page: no other file, no script, no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from lotwise.datasets.boxes import Boxes, iou
from lotwise.datasets.frame import Image
from lotwise.datasets.load import load
from lotwise.datasets.whole_file import write_whole
from lotwise.eval.page.environment import page_environment
from lotwise.students.synthesis.drawn import SEEN_IOU
from lotwise.students.synthesis.elsewhere import LabelledDreams
from lotwise.students.synthesis.metadata import Metadata
from lotwise.students.synthesis.metadata_file import READABLE, encode, part_bytes

PAGE = "gallery.html"
MOST_PICTURES = 48
"""Dreams that a page shows: at 60 kB each it stays below 4 MB."""
JPEG_QUALITY = 90
SEEN_SCORE = 0.25
"""Least score of the teacher's boxes that are drawn: that at which vehicles are reported."""


@dataclass(frozen=True)
class Shown:
    """One dream on the page.

    Attributes:
        name: of its file.
        width, height: in pixels.
        jpeg: the picture.
        asked: (N, 4) xyxy in pixels, the vehicles that it was to show.
        found: (N,) whether the teacher sees each.
        seen: (M, 4) what the teacher sees.
        loss: sum of all that it was fitted to.
    """

    name: str
    width: int
    height: int
    jpeg: bytes
    asked: Boxes
    found: Sequence[bool]
    seen: Boxes
    loss: float


def write_gallery(folder: Path, metadata: Metadata, made: LabelledDreams) -> Path:
    """Write the page of a camera's dreams into a folder, and say where."""
    path = folder / PAGE
    write_whole(path, gallery_page(metadata, shown_dreams(made)).encode())
    return path


def gallery_page(metadata: Metadata, dreams: Sequence[Shown]) -> str:
    """The whole page.

    Args:
        metadata: that the dreams were made of.
        dreams: in order of their numbers.
    """
    parts = part_bytes(metadata)
    asked = sum(len(one.asked) for one in dreams)
    found = sum(sum(one.found) for one in dreams)
    return page_environment().get_template("dreams.html").render(
        title=f"Dreams of camera {metadata.header.camera}", header=metadata.header, dreams=dreams[:MOST_PICTURES],
        left_out=max(0, len(dreams) - MOST_PICTURES), asked=asked, found=found, size=len(encode(metadata)),
        parts=[(name, count, READABLE[name]) for name, count in parts.items()],
    )  # fmt: skip


def shown_dreams(made: LabelledDreams) -> list[Shown]:
    """Each dream with what was asked of it and what the teacher sees on it."""
    shown = []
    for frame, note in zip(made.dreams.frames, made.dreams.notes, strict=True):
        image = load(frame)
        size = (image.shape[1], image.shape[0])
        asked = np.array(note.boxes, np.float32).reshape(-1, 4) * np.array([*size, *size], np.float32)
        said = made.labels.detections(frame)
        seen = said.boxes[said.scores >= SEEN_SCORE]
        found = iou(asked, seen).max(1, initial=0) >= SEEN_IOU
        shown.append(
            Shown(frame.path.name, *size, _jpeg(image), asked, found.tolist(), seen, sum(note.losses.values()))
        )
    return shown


def _jpeg(image: Image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()

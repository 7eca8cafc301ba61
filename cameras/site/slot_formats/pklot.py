"""PKLot's XML: a contour for each space, in pixels of the picture of the same name beside the file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np

from lotwise.cameras.site.slot_formats.drawing import Drawing, Outline, Picture, SlotFormat, pixels_of
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.datasets.frame import Slot
from lotwise.datasets.image_files import IMAGE_SUFFIXES
from lotwise.datasets.image_header import Size
from lotwise.datasets.images import image_size
from lotwise.datasets.readers.common.xml_file import xml_bytes
from lotwise.datasets.readers.pklot import spaces_of

PKLOT_SIZE = (1280, 720)
"""Width and height of all frames of PKLot, in whose pixels its polygons are drawn."""


def recognises(file: GivenFile) -> bool:
    """Whether the outermost element is ``parking``."""
    return file.root_tag == "parking"


def read(file: GivenFile) -> Drawing:
    """Slots by their ids; the size is that of the picture beside it, else of the user's picture, else PKLot's."""
    spaces = spaces_of(file.xml, file.name)
    outlines = tuple(Outline(name, corners.astype(np.float64)) for name, corners, _ in spaces)
    beside = _size_beside(file.path) if file.path is not None else None
    return Drawing(outlines, in_pixels=True, size=beside or file.hints.picture or PKLOT_SIZE)


def write(slots: Sequence[Slot], picture: Picture) -> bytes:
    """Whole pixels of the picture; whether cars stand there is not said."""
    root = ElementTree.Element("parking", {"id": Path(picture.name).stem})
    for slot in slots:
        corners = pixels_of(slot, picture.size).round().astype(int)
        space = ElementTree.SubElement(root, "space", {"id": slot.id})
        (x, y), (width, height), turn = cv2.minAreaRect(corners.astype(np.float32))
        rotated = ElementTree.SubElement(space, "rotatedRect")
        ElementTree.SubElement(rotated, "center", {"x": str(round(x)), "y": str(round(y))})
        ElementTree.SubElement(rotated, "size", {"w": str(round(width)), "h": str(round(height))})
        ElementTree.SubElement(rotated, "angle", {"d": str(round(turn))})
        contour = ElementTree.SubElement(space, "contour")
        for corner_x, corner_y in corners.tolist():
            ElementTree.SubElement(contour, "point", {"x": str(corner_x), "y": str(corner_y)})
    return xml_bytes(root)


def _size_beside(path: Path) -> Size | None:
    """Width and height of the picture of the same name beside a file."""
    beside = (path.with_suffix(suffix) for suffix in IMAGE_SUFFIXES)
    return next((image_size(image) for image in beside if image.is_file()), None)


FORMAT = SlotFormat("pklot", "PKLot's XML", recognises, read, write)

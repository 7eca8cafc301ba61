"""CVAT's XML (for images 1.1 and for video 1.1): polygons and boxes of one picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.site.slot_formats.drawing import Drawing, Outline, Picture, SlotFormat, pixels_of, rectangle
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.cameras.site.slot_formats.several_pictures import picture_meant
from lotwise.cameras.site.slot_formats.sizes import size_of
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.datasets.image_header import Size
from lotwise.datasets.readers.common.xml_file import xml_bytes

ID_ATTRIBUTES = ("slot", "id", "slot_id", "number", "name")
"""Names of attributes, in any case, that hold a slot's id where its label says only what it is."""
_Shape = tuple[ElementTree.Element, ElementTree.Element, str | None]
"""A shape, the element that names it, and its frame in a video."""
_AREAS = ("polygon", "box")
_OTHERS = ("polyline", "points", "cuboid", "skeleton", "mask", "ellipse")


def recognises(file: GivenFile) -> bool:
    """Whether the outermost element is ``annotations``."""
    return file.root_tag == "annotations"


def read(file: GivenFile) -> Drawing:
    """Slots of the picture with shapes; ids from an attribute such as ``slot``, else labels, else numbers from 1."""
    root = file.xml
    images, tracks = root.findall("image"), root.findall("track")
    if not images and not tracks:
        raise InputError(f"{file.name}: not CVAT's annotations; expected <image> or <track> in <annotations>")
    if images:
        names = [image.get("name") or "" for image in images]
        drawn_on = [
            name
            for name, image in zip(names, images, strict=True)
            if any(image.find(kind) is not None for kind in _AREAS)
        ]
        name = picture_meant(names, drawn_on, file)
        image = images[names.index(name)] if name is not None else images[0]
        shapes: list[_Shape] = [(shape, shape, None) for shape in image]
        size = size_of(image.get("width"), image.get("height"))
    else:
        # A place does not move: the first shape of each track is where it is.
        shapes = [(shape, track, shape.get("frame")) for track in tracks if (shape := _first_shape(track)) is not None]
        size = _task_size(root)
    outlines = []
    left_out: Counter[str] = Counter()
    for number, (shape, named, frame) in enumerate(shapes, start=1):
        if shape.tag in _AREAS:
            place = f"shape {number}" + (f" (frame {frame})" if frame else "")
            outlines.append(Outline(_id(shape) or _id(named) or named.get("label"), _corners(shape, file, place)))
        elif shape.tag in _OTHERS:
            left_out[shape.tag] += 1
    notes = tuple(f"{count} shapes of the kind {kind} were left out" for kind, count in left_out.items())
    return Drawing(tuple(outlines), in_pixels=True, size=size, by_label=True, size_unsure=size is None, notes=notes)


def write(slots: Sequence[Slot], picture: Picture) -> bytes:
    """One image with a polygon for each slot: label ``slot``, attribute ``slot`` with the id."""
    width, height = picture.size
    root = ElementTree.Element("annotations")
    ElementTree.SubElement(root, "version").text = "1.1"
    image = ElementTree.SubElement(
        root, "image", {"id": "0", "name": picture.name, "width": str(width), "height": str(height)}
    )
    for slot in slots:
        points = ";".join(f"{x:.2f},{y:.2f}" for x, y in pixels_of(slot, picture.size).tolist())
        attributes = {"label": "slot", "source": "manual", "occluded": "0", "points": points, "z_order": "0"}
        polygon = ElementTree.SubElement(image, "polygon", attributes)
        ElementTree.SubElement(polygon, "attribute", {"name": "slot"}).text = slot.id
    return xml_bytes(root)


def _first_shape(track: ElementTree.Element) -> ElementTree.Element | None:
    return next((shape for shape in track if shape.tag in (*_AREAS, *_OTHERS) and shape.get("outside") != "1"), None)


def _task_size(root: ElementTree.Element) -> Size | None:
    for task in ("meta/task", "meta/job", "meta"):
        size = size_of(root.findtext(f"{task}/original_size/width"), root.findtext(f"{task}/original_size/height"))
        if size is not None:
            return size
    return None


def _id(shape: ElementTree.Element) -> str | None:
    found = {(one.get("name") or "").lower(): (one.text or "").strip() for one in shape.findall("attribute")}
    return next((found[name] for name in ID_ATTRIBUTES if found.get(name)), None)


def _corners(shape: ElementTree.Element, file: GivenFile, place: str) -> NDArray[np.float64]:
    try:
        if shape.tag == "polygon":
            pairs = [pair.split(",") for pair in shape.attrib["points"].split(";") if pair.strip()]
            return np.array([[float(x), float(y)] for x, y in pairs], np.float64).reshape(-1, 2)
        x1, y1, x2, y2 = (float(shape.attrib[name]) for name in ("xtl", "ytl", "xbr", "ybr"))
        turn = float(shape.get("rotation") or 0)
    except (KeyError, ValueError):
        raise InputError(
            f'{file.name}: {place}: expected points="x,y;x,y;…" of a polygon, or xtl, ytl, xbr and ybr of a box'
        ) from None
    if not turn:
        return rectangle(x1, y1, x2, y2)
    centre = ((x1 + x2) / 2, (y1 + y2) / 2)
    # Clockwise on the screen, as CVAT turns a box; OpenCV counts the other way round.
    matrix = cv2.getRotationMatrix2D(centre, -turn, 1.0)
    return np.asarray(cv2.transform(rectangle(x1, y1, x2, y2)[None], matrix)[0], np.float64)


FORMAT = SlotFormat("cvat", "CVAT's XML", recognises, read, write)

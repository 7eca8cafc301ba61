"""COCO: the annotations of one picture, each with an outline (``segmentation``) or at least a box."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.site.slot_formats.cvat import ID_ATTRIBUTES
from lotwise.cameras.site.slot_formats.drawing import Drawing, Outline, Picture, SlotFormat, pixels_of, rectangle
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.cameras.site.slot_formats.several_pictures import picture_meant
from lotwise.cameras.site.slot_formats.sizes import size_of
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from lotwise.datasets.readers.coco_file import LISTS


def recognises(file: GivenFile) -> bool:
    """Whether a JSON object has lists of images and annotations."""
    content = file.parsed_json
    return isinstance(content, dict) and all(isinstance(content.get(key), list) for key in LISTS[:2])


def read(file: GivenFile) -> Drawing:
    """Slots of the picture with annotations; ids from an attribute such as ``slot``, else the annotations' own."""
    content = file.json
    if not isinstance(content, dict) or not all(isinstance(content.get(key), list) for key in LISTS[:2]):
        raise InputError(f"{file.name}: not COCO; expected the lists images and annotations")
    images: dict[str, Mapping[str, Any]] = {}
    for image in content["images"]:
        if not isinstance(image, dict) or image.get("id") is None or not isinstance(image.get("file_name"), str):
            raise InputError(f"{file.name}: an image lacks id or file_name: {json.dumps(image)[:80]}")
        images[str(image["id"])] = image
    of_image: dict[str, list[tuple[int, Mapping[str, Any]]]] = {number: [] for number in images}
    for number, annotation in enumerate(content["annotations"], start=1):
        if not isinstance(annotation, dict) or str(annotation.get("image_id")) not in images:
            raise InputError(f"{file.name}: annotation {number}: has no image_id of a listed image")
        of_image[str(annotation["image_id"])].append((number, annotation))
    names = {number: image["file_name"] for number, image in images.items()}
    name = picture_meant(list(names.values()), [names[number] for number, found in of_image.items() if found], file)
    if name is None:
        return Drawing((), in_pixels=True)
    chosen = next(number for number, one in names.items() if one == name)
    outlines = tuple(
        Outline(_id(annotation, number), _corners(annotation, file, number)) for number, annotation in of_image[chosen]
    )
    size = size_of(images[chosen].get("width"), images[chosen].get("height"))
    return Drawing(outlines, in_pixels=True, size=size, by_label=True, size_unsure=size is None)


def write(slots: Sequence[Slot], picture: Picture) -> bytes:
    """One image and an annotation for each slot, whose attribute ``slot`` is its id."""
    width, height = picture.size
    annotations = []
    for number, slot in enumerate(slots, start=1):
        corners = pixels_of(slot, picture.size)
        (x1, y1), (x2, y2) = corners.min(0).tolist(), corners.max(0).tolist()
        x, y = corners.T
        area = abs(float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))) / 2
        annotations.append(
            {
                "id": number,
                "image_id": 1,
                "category_id": 1,
                "segmentation": [corners.ravel().round(2).tolist()],
                "bbox": [round(value, 2) for value in (x1, y1, x2 - x1, y2 - y1)],
                "area": round(area, 2),
                "iscrowd": 0,
                "attributes": {"slot": slot.id},
            }
        )
    content = {
        "images": [{"id": 1, "file_name": picture.name, "width": width, "height": height}],
        "categories": [{"id": 1, "name": "slot"}],
        "annotations": annotations,
    }
    return (json.dumps(content, indent=1) + "\n").encode()


def _id(annotation: Mapping[str, Any], number: int) -> str:
    attributes = annotation.get("attributes")
    if isinstance(attributes, dict):
        found = {str(key).lower(): str(value).strip() for key, value in attributes.items()}
        for name in ID_ATTRIBUTES:
            if found.get(name):
                return found[name]
    return str(annotation.get("id", number))


def _corners(annotation: Mapping[str, Any], file: GivenFile, number: int) -> NDArray[np.float64]:
    place = f"annotation {number}"
    outline, box = annotation.get("segmentation"), annotation.get("bbox")
    try:
        if isinstance(outline, list) and outline:
            rings = outline if isinstance(outline[0], list) else [outline]
            if len(rings) > 1:
                raise InputError(f"{file.name}: {place}: its outline has {len(rings)} parts; draw the slot as one")
            return np.array([float(value) for value in rings[0]], np.float64).reshape(-1, 2)
        if isinstance(box, list) and box:
            x, y, width, height = (float(value) for value in box)
            return rectangle(x, y, x + width, y + height)
    except (TypeError, ValueError):
        pass
    raise InputError(f"{file.name}: {place}: expected a segmentation [[x, y, x, y, …]] or a bbox [x, y, width, height]")


FORMAT = SlotFormat("coco", "COCO", recognises, read, write)

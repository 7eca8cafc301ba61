"""LabelMe: ``{"shapes": [{"label", "points", "shape_type"}], "imageWidth", "imageHeight", "imagePath"}``."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np

from lotwise.cameras.site.slot_formats.drawing import (
    Drawing,
    Outline,
    Picture,
    SlotFormat,
    corners_of,
    pixels_of,
    rectangle,
)
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.cameras.site.slot_formats.sizes import size_of
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot

_AREAS = ("polygon", "rectangle", "rotation")


def recognises(file: GivenFile) -> bool:
    """Whether a JSON object has a list of shapes."""
    content = file.parsed_json
    return isinstance(content, dict) and isinstance(content.get("shapes"), list)


def read(file: GivenFile) -> Drawing:
    """Polygons and rectangles; ids are the labels where all differ, else the group ids, else numbers from 1."""
    content = file.json
    if not isinstance(content, dict) or not isinstance(content.get("shapes"), list):
        raise InputError(f"{file.name}: not a LabelMe file; expected an object with a list of shapes")
    outlines, groups = [], []
    left_out: Counter[str] = Counter()
    for number, shape in enumerate(content["shapes"], start=1):
        if not isinstance(shape, dict):
            raise InputError(f"{file.name}: shape {number}: expected an object with label and points")
        kind = str(shape.get("shape_type") or "polygon")
        if kind not in _AREAS:
            left_out[kind] += 1
            continue
        corners = corners_of(shape.get("points"), file, f"shape {number}")
        if kind == "rectangle" and len(corners) == 2:
            corners = rectangle(*np.concatenate([corners.min(0), corners.max(0)]).tolist())
        outlines.append(Outline(str(shape.get("label") or ""), corners))
        groups.append(str(shape.get("group_id") or ""))
    labels = [outline.label for outline in outlines]
    if len(set(labels)) < len(labels) and all(groups) and len(set(groups)) == len(groups):
        outlines = [Outline(group, outline.corners) for group, outline in zip(groups, outlines, strict=True)]
    notes = tuple(
        f"{count} shapes of the kind {kind} were left out: they have no area" for kind, count in left_out.items()
    )
    size = size_of(content.get("imageWidth"), content.get("imageHeight"))
    return Drawing(tuple(outlines), in_pixels=True, size=size, by_label=True, size_unsure=size is None, notes=notes)


def write(slots: Sequence[Slot], picture: Picture) -> bytes:
    """A polygon for each slot, whose label is its id; the picture is named, not put into the file."""
    width, height = picture.size
    shapes = [
        {
            "label": slot.id,
            "points": pixels_of(slot, picture.size).round(3).tolist(),
            "group_id": None,
            "description": "",
            "shape_type": "polygon",
            "flags": {},
            "mask": None,
        }
        for slot in slots
    ]
    content: dict[str, object] = {
        "version": "5.5.0",
        "flags": {},
        "shapes": shapes,
        "imagePath": picture.name,
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }
    return (json.dumps(content, indent=1) + "\n").encode()


FORMAT = SlotFormat("labelme", "LabelMe", recognises, read, write)

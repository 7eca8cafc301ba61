"""The file of Ultralytics' picker, ``[{"points": [[x, y], …]}, …]``, in pixels of the canvas that it drew on.

The canvas is rarely as large as the picture: its older versions write 1080x600 for pictures of 1920x1200. Files often
have keys that others added, such as ``id`` or ``free_area``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from lotwise.cameras.site.slot_formats.drawing import (
    Drawing,
    Outline,
    Picture,
    SlotFormat,
    corners_of,
    in_pixels,
    pixels_of,
)
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot


def recognises(file: GivenFile) -> bool:
    """Whether all entries of a JSON list have points, and no LabelMe or other file is around them."""
    entries = file.parsed_json
    return isinstance(entries, list) and bool(entries) and isinstance(entries[0], dict) and "points" in entries[0]


def read(file: GivenFile) -> Drawing:
    """Slots by their ``id`` where the entries have one, else numbered from 1."""
    if not isinstance(file.json, list):
        raise InputError(f'{file.name}: not a file of Ultralytics\' picker; expected [{{"points": [[x, y], …]}}, …]')
    outlines = []
    for number, entry in enumerate(file.json, start=1):
        if not isinstance(entry, dict) or not {"points", "polygon"} & entry.keys():
            raise InputError(f'{file.name}: entry {number}: has no points; expected [{{"points": [[x, y], …]}}, …]')
        label = entry.get("id")
        named = isinstance(label, str | int) and not isinstance(label, bool)
        corners = corners_of(entry.get("points", entry.get("polygon")), file, f"entry {number}")
        outlines.append(Outline(str(label) if named else str(number), corners))
    return Drawing(tuple(outlines), in_pixels(outlines), size_unsure=True)


def write(slots: Sequence[Slot], picture: Picture) -> bytes:
    """Points in whole pixels of the picture; the ids in a key that Ultralytics leaves alone."""
    entries = [{"points": pixels_of(slot, picture.size).round().astype(int).tolist(), "id": slot.id} for slot in slots]
    return (json.dumps(entries, indent=1) + "\n").encode()


FORMAT = SlotFormat("ultralytics", "Ultralytics' picker", recognises, read, write)

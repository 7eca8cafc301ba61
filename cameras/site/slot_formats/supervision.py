"""Polygons as Roboflow's supervision takes them: ``[[[x, y], …], …]``, and the texts that its PolygonZone page shows.

The page shows NumPy code (``[np.array([[x, y], …]), …]``) and a JSON whose list has braces around it
(``{[{"x": …, "y": …}, …], …}``), which no JSON parser reads. In pixels of the picture, or in 0..1 of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

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

_FORM = "[[[x, y], …], …], or what the PolygonZone page shows"
_ARRAY = re.compile(r"(?:np|numpy)\s*\.\s*(?:array|asarray)\s*\(|,?\s*dtype\s*=\s*[\w.]+|\)")
_BEFORE = re.compile(r"^\s*\w+\s*=\s*")
_BRACES = re.compile(r"^\s*\{(\s*\[.*\]\s*)\}\s*$", re.DOTALL)
_COMMA_TOO_MUCH = re.compile(r",(\s*\])")


def recognises(file: GivenFile) -> bool:
    """Whether it is a list of lists of pairs, or a text of the page."""
    content = file.parsed_json
    if content is None:
        return b"np.array(" in file.data[:4096] or (
            file.start.startswith(b"{") and _BRACES.match(file.text) is not None
        )
    return _is_list_of_polygons(content) or _is_list_of_polygons([content])


def read(file: GivenFile) -> Drawing:
    """Slots, numbered from 1; one polygon alone is one slot."""
    content = file.parsed_json if file.parsed_json is not None else _content(file)
    if not _is_list_of_polygons(content):
        content = [content]
    if not _is_list_of_polygons(content):
        raise InputError(f"{file.name}: not a list of polygons; expected {_FORM}")
    outlines = tuple(
        Outline(str(number), corners_of(points, file, f"polygon {number}"))
        for number, points in enumerate(content, start=1)
    )
    return Drawing(outlines, in_pixels(outlines), size_unsure=True)


def write(slots: Sequence[Slot], picture: Picture) -> bytes:
    """Whole pixels of the picture; ``[np.array(polygon) for polygon in json.load(file)]`` reads them."""
    return (json.dumps([pixels_of(slot, picture.size).round().astype(int).tolist() for slot in slots]) + "\n").encode()


def _content(file: GivenFile) -> Any:
    text = _BEFORE.sub("", _ARRAY.sub("", file.text.strip()))
    if braces := _BRACES.match(text):
        text = f"[{braces.group(1)}]"
    try:
        return json.loads(_COMMA_TOO_MUCH.sub(r"\1", text))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file.name}: not a list of polygons ({error}); expected {_FORM}") from None


def _is_list_of_polygons(content: Any) -> bool:
    return (
        isinstance(content, list)
        and bool(content)
        and all(
            isinstance(points, list)
            and bool(points)
            and (_is_corner(points[0]) or (isinstance(points[0], list) and _is_number(points[0][:1])))
            for points in content
        )
    )


def _is_corner(found: Any) -> bool:
    return isinstance(found, dict) and {"x", "y"} <= found.keys()


def _is_number(found: Any) -> bool:
    return bool(found) and isinstance(found[0], int | float)


FORMAT = SlotFormat("supervision", "supervision's polygons", recognises, read, write, keeps_ids=False)

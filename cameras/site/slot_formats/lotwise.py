"""Our own slot files: ``[{"id", "polygon": [[x, y], …]}, …]`` in 0..1 of the frame."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from pydantic import ValidationError

from lotwise.cameras.site.mistakes import first_mistake
from lotwise.cameras.site.slot_entry import SlotEntry
from lotwise.cameras.site.slot_formats.drawing import Drawing, Outline, Picture, SlotFormat, in_pixels
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot

_FORM = "[{id, polygon: [[x, y], …]}, …] with x, y in 0..1 of the frame"


def recognises(file: GivenFile) -> bool:
    """Whether the first entry of a JSON list has a polygon; also an empty list."""
    entries = file.parsed_json
    return isinstance(entries, list) and (not entries or (isinstance(entries[0], dict) and "polygon" in entries[0]))


def read(file: GivenFile) -> Drawing:
    """Slots; numbers as ids, corners ``{"x", "y"}``, and entries of the picker (``points``) among them are read too."""
    try:
        entries = file.json
    except InputError as error:
        raise InputError(f"{file.name}: not a list of slots (not JSON: {error.__cause__}); expected {_FORM}") from error
    if not isinstance(entries, list):
        raise InputError(f"{file.name}: not a list of slots; expected {_FORM}")
    outlines = []
    for number, entry in enumerate(entries, start=1):
        try:
            one = SlotEntry.model_validate(_in_our_form(entry, number))
        except ValidationError as error:
            mistake = first_mistake(error, SlotEntry)
            place = ".".join(map(str, (f"entry {number}", *mistake.place)))
            raise InputError(f"{file.name}: not a list of slots ({place}: {mistake.why}); expected {_FORM}") from error
        outlines.append(Outline(one.id, np.array(one.polygon, np.float64).reshape(-1, 2), one))
    return Drawing(tuple(outlines), in_pixels(outlines), size_unsure=True)


def entries_as_json(entries: Sequence[SlotEntry]) -> bytes:
    """Entries as JSON, one a line; what says nothing is left out."""
    lines = [
        json.dumps(
            {"id": entry.id, "polygon": [[round(x, 6), round(y, 6)] for x, y in entry.polygon]}
            | entry.model_dump(exclude={"id", "polygon"}, exclude_defaults=True, exclude_none=True)
        )
        for entry in entries
    ]
    return ("[\n" + ",\n".join(lines) + "\n]\n").encode()


def write(slots: Sequence[Slot], _: Picture | None = None) -> bytes:
    """Slots as JSON, one a line."""
    return entries_as_json([SlotEntry.of(slot) for slot in slots])


def _in_our_form(entry: object, number: int) -> object:
    """An entry with ``points``, corners as objects, or a number as id, as ours."""
    if not isinstance(entry, dict):
        return entry
    entry = dict(entry)
    if "points" in entry and "polygon" not in entry:
        entry["polygon"] = entry.pop("points")
        entry.setdefault("id", str(number))
    if isinstance(entry.get("id"), int) and not isinstance(entry["id"], bool):
        entry["id"] = str(entry["id"])
    if isinstance(entry.get("polygon"), list):
        entry["polygon"] = [
            [corner["x"], corner["y"]] if isinstance(corner, dict) and set(corner) == {"x", "y"} else corner
            for corner in entry["polygon"]
        ]
    return entry


FORMAT = SlotFormat("lotwise", "Lotwise's slot file", recognises, read, write, in_pixels=False)

"""Slots of a file of another program that somebody sends to the editor."""

from __future__ import annotations

from lotwise.cameras.site.slot_formats.given_file import Hints
from lotwise.cameras.site.slot_formats.read import slots_from_bytes
from lotwise.cameras.site.slot_formats.sizes import parse_size
from lotwise.node.http.slot_editor.models import ImportAnswer

MAX_IMPORT_BYTES = 16 << 20
"""Bytes of a file of another program: LabelMe puts the picture into it."""


def imported(
    name: str, body: bytes, picture: str | None, canvas: str | None, slot: str | None, of_camera: str | None
) -> ImportAnswer:
    """Slots of a file, read and checked.

    Args:
        name: of the file, for messages.
        body: the whole file.
        picture, canvas, slot: WIDTHxHEIGHT of the camera's picture, of what the slots were drawn on, of each slot.
        of_camera: camera in a file of several.

    Raises:
        InputError: it cannot be read, or a size is none.
    """
    hints = Hints(
        canvas=None if not canvas else parse_size(canvas, "canvas"),
        picture=None if not picture else parse_size(picture, "picture"),
        camera=of_camera or None,
        slot=None if not slot else parse_size(slot, "slot"),
    )
    found = slots_from_bytes(name, body, hints)
    return ImportAnswer(slots=found.entries, format=found.format.title, notes=found.notes)

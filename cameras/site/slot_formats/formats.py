"""The list of all formats of slot files, and which of them a file is. Another format is one more line here."""

from __future__ import annotations

from lotwise.cameras.site.slot_formats import (
    cnr_ext,
    coco,
    cvat,
    frigate,
    labelme,
    lotwise,
    opencv_pickle,
    pklot,
    supervision,
    ultralytics,
)
from lotwise.cameras.site.slot_formats.drawing import SlotFormat
from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.datasets.errors import InputError

FORMATS: tuple[SlotFormat, ...] = (
    lotwise.FORMAT,
    ultralytics.FORMAT,
    labelme.FORMAT,
    cvat.FORMAT,
    coco.FORMAT,
    supervision.FORMAT,
    opencv_pickle.FORMAT,
    cnr_ext.FORMAT,
    pklot.FORMAT,
    frigate.FORMAT,
)
"""In the order in which they are tried."""
NAMES = ", ".join(one.name for one in FORMATS)


def format_named(name: str, flag: str) -> SlotFormat:
    """The format of a name.

    Raises:
        InputError: there is none; the message names the flag.
    """
    found = next((one for one in FORMATS if one.name == name.lower()), None)
    if found is None:
        raise InputError(f"{flag} {name}: no such format; known are {NAMES}")
    return found


def format_of(file: GivenFile) -> SlotFormat:
    """The format of a file: by what is in it, and where that says nothing, by its name, so that its reader says why.

    Raises:
        InputError: XML that is broken or of another kind.
    """
    found = next((one for one in FORMATS if one.recognises(file)), None)
    if found is not None:
        return found
    if file.start.startswith(b"<"):
        raise InputError(
            f"{file.name}: XML of another kind (<{file.root_tag}>); expected <annotations> of CVAT, <parking> of PKLot"
        )
    by_name = {".csv": cnr_ext.FORMAT, ".yml": frigate.FORMAT, ".yaml": frigate.FORMAT}
    return by_name.get("." + file.name.lower().rpartition(".")[2], lotwise.FORMAT)

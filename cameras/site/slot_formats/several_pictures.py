"""Which picture is meant, in a file that lists several."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from lotwise.cameras.site.slot_formats.given_file import GivenFile
from lotwise.datasets.errors import InputError


def picture_meant(names: Sequence[str], drawn_on: Sequence[str], file: GivenFile) -> str | None:
    """Name of the picture whose shapes are the slots.

    Args:
        names: of all pictures that the file lists.
        drawn_on: of those on which something is drawn.

    Returns:
        The one that the user names, else the only one with shapes, else None where nothing is drawn at all.

    Raises:
        InputError: several have shapes and the user names none of them.
    """
    asked = file.hints.picture_name
    if asked is not None:
        fitting = [name for name in names if PurePosixPath(name.replace("\\", "/")).name == asked]
        if len(fitting) == 1:
            return fitting[0]
    if len(drawn_on) > 1:
        some = ", ".join(drawn_on[:3]) + (", …" if len(drawn_on) > 3 else "")
        raise InputError(
            f"{file.name}: shapes are drawn on {len(drawn_on)} pictures ({some}); "
            "name the one whose slots are wanted: --picture FILE, with the same file name"
        )
    return drawn_on[0] if drawn_on else None

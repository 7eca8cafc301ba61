"""Which file a camera's slots come from, and to which one an editor saves them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from lotwise.cameras.site.settings import Site

DRAWN = "slots"
"""Folder in the state folder for slots that were drawn in the editor and that the site file names no file for."""
FOREIGN_SUFFIXES = (".csv", ".xml")


@dataclass(frozen=True)
class SlotStorage:
    """Where a camera's slots are.

    Attributes:
        read: the file that they come from; None where they are those of the live bundle.
        write: the file that an editor saves to, from which they come afterwards.
    """

    read: Path | None
    write: Path


def slot_storage(site: Site, camera: str) -> SlotStorage:
    """The slot file that the site file names, where it is JSON of our own form or not there yet; it is written to.

    Else (no file is named, or one of another program, which must not be overwritten) slots are saved as
    ``slots/<camera>.json`` in the state folder; once that is there, it goes before the named file and before the slots
    of the bundle.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it, with absolute paths.
        camera: its id.
    """
    named = site.cameras[camera].slots
    if named is not None and _is_ours(named):
        return SlotStorage(named, named)
    drawn = drawn_slot_file(site, camera)
    return SlotStorage(drawn if drawn.is_file() else named, drawn)


def drawn_slot_file(site: Site, camera: str) -> Path:
    """Where an editor saves a camera's slots for which the site file names no file of ours."""
    return site.state / DRAWN / f"{camera}.json"


def unnamed_slots_note(site: Site, path: Path, camera: str) -> str:
    """One line on a slot file that lies where ``lotwise slots propose`` puts it, but that the site file does not name.

    Args:
        site: as :func:`lotwise.cameras.site.read_site` gives it, with absolute paths.
        path: the site file.
        camera: its id.

    Returns:
        "" where there is none.
    """
    file = path.parent / "slots" / f"{camera}.json"
    if site.cameras[camera].slots is not None or not file.is_file():
        return ""
    return f"{file}: is not used; give cameras.{camera}.slots: slots/{file.name} in {path} to edit it, or import it"


def _is_ours(path: Path) -> bool:
    """Whether to write over it loses nothing; a file that cannot be read counts, for reading it tells what is wrong."""
    if path.suffix.lower() in FOREIGN_SUFFIXES:
        return False
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return path.suffix.lower() == ".json"
    return isinstance(content, list) and all(isinstance(entry, dict) and "polygon" in entry for entry in content)

"""What the commands of a hub have in common: the hub file and its database, who asks, and how moments are shown."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from lotwise.hub.database.database import Database
    from lotwise.hub.reading import HubFile

HubFileOption = Annotated[Path, typer.Option("--hub", metavar="FILE", help="Hub file.")]
NodeName = Annotated[str, typer.Argument(metavar="NODE", help="Its name, or the beginning of its fingerprint.")]
CameraName = Annotated[str, typer.Argument(metavar="CAMERA", help="Id of the camera.")]
DEFAULT = Path("hub.yaml")


@contextmanager
def opened(path: Path) -> Iterator[tuple[Database, HubFile]]:
    """The database of a hub file, and what the file says.

    Raises:
        InputError: one of them cannot be read.
    """
    from lotwise.hub.database.database import open_database
    from lotwise.hub.reading import read_hub

    file = read_hub(path)
    database = open_database(file)
    try:
        yield database, file
    finally:
        database.close()


def operator() -> str:
    """Who asks, for the audit log."""
    try:
        return f"operator {getpass.getuser()}"
    except (OSError, KeyError):  # a user without a name
        return "operator"


def ago(moment: datetime | None) -> str:
    """How long a moment is past."""
    if moment is None:
        return "never"
    seconds = max(0, round((datetime.now(UTC) - moment).total_seconds()))
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"

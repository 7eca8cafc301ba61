"""``lotwise slots …``: everything about slot files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.terminal import out, print_notes

app = typer.Typer()
slots = typer.Typer(help="Slot files: convert those of other projects.", rich_markup_mode="rich")
app.add_typer(slots, name="slots")


@slots.callback(epilog="Example: lotwise slots convert camera1.csv --out slots.json")
def _group() -> None:
    """Keeps ``convert`` a name of its own: Typer takes a lone command for the whole group."""


@slots.command(epilog="Example: lotwise slots convert camera1.csv --out slots.json")
def convert(
    file: Annotated[
        Path, typer.Argument(help="Slot file: JSON, ours or of Ultralytics' picker; a CNR-EXT CSV or a PKLot XML.")
    ],
    target: Annotated[Path, typer.Option("--out", help="Slot file to write, JSON in 0..1 of the frame.")],
    size: Annotated[
        str | None, typer.Option(help="WIDTHxHEIGHT of the frames that the file was drawn on, where it does not say.")
    ] = None,
) -> None:
    """Convert a slot file of another project."""
    from lotwise.cameras.site.slot_file import import_slots, write_slot_file
    from lotwise.cameras.site.slot_overlaps import overlap_note

    found = import_slots(file, _size(size))
    write_slot_file(target, found)
    out.print(f"{len(found)} slots: {target}")
    if note := overlap_note(found):
        print_notes([note])


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise InputError(f"--size {text}: expected WIDTHxHEIGHT in pixels, such as 1280x720")
    return int(width), int(height)

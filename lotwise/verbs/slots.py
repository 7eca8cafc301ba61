"""``lotwise slots …``: everything about slot files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.terminal import out, print_notes

app = typer.Typer()
slots = typer.Typer(
    help="Slot files: propose slots, accept them, convert files of other projects.", rich_markup_mode="rich"
)
app.add_typer(slots, name="slots")


@slots.callback(epilog="Example: lotwise slots convert camera1.csv --out slots.json")
def _group() -> None:
    """Slots, with or without drawing them."""


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
    from lotwise.cameras.site.slot_entry import waiting_note
    from lotwise.cameras.site.slot_file import accepted_slots, read_slot_entries, write_slot_file
    from lotwise.cameras.site.slot_overlaps import overlap_note

    entries = read_slot_entries(file, _size(size))
    found = accepted_slots(entries)
    write_slot_file(target, found)
    out.print(f"{len(found)} slots: {target}")
    print_notes([note for note in (overlap_note(found), waiting_note(entries, file)) if note])


@slots.command(epilog="Examples: lotwise slots accept entrance.json --all; lotwise slots accept entrance.json A1 A2")
def accept(
    file: Annotated[Path, typer.Argument(help="Slot file with proposals, as lotwise slots propose wrote it.")],
    ids: Annotated[list[str] | None, typer.Argument(help="Ids of the slots to accept, of whatever status.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Accept all that is proposed or inferred; never what was seen once.")
    ] = False,
) -> None:
    """Make slots of proposals. Look at their picture first."""
    from lotwise.cameras.site.slot_acceptance import accept_all, accept_slots
    from lotwise.cameras.site.slot_entry import PROPOSALS
    from lotwise.cameras.site.slot_file import read_slot_entries, write_slot_entries

    if everything == bool(ids):
        raise InputError(f"{file}: give either ids of slots to accept, or --all")
    before = read_slot_entries(file)
    after = accept_all(before) if everything else accept_slots(before, ids or (), file)
    if after != before:
        write_slot_entries(file, after)
    accepted = sum(one.status != other.status for one, other in zip(before, after, strict=True))
    waiting = sum(entry.status in PROPOSALS for entry in after)
    out.print(f"{accepted} slots accepted, {waiting} proposals wait: {file}")


def _size(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    width, _, height = text.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise InputError(f"--size {text}: expected WIDTHxHEIGHT in pixels, such as 1280x720")
    return int(width), int(height)

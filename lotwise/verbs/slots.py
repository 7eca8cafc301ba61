"""``lotwise slots …``: everything about slot files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.terminal import out, print_notes, progress_bars

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


@slots.command(epilog="Example: lotwise slots propose runs/lot --camera entrance")
def propose(
    place: Annotated[
        Path,
        typer.Argument(
            metavar="RUN_OR_SITE",
            help="Run folder of lotwise label or adapt: boxes of its teacher. Or a site file: boxes of its live "
            "students on the stored frames.",
        ),
    ],
    camera: Annotated[str | None, typer.Option(help="Only this camera; all where not given.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for CAMERA.json and CAMERA.png; slots beside the site file or in the run."),
    ] = None,
) -> None:
    """Propose slots from where cars stood still. Nothing is a slot before a person accepts it."""
    from lotwise.cameras.registry.site_boxes import site_boxes
    from lotwise.cameras.slots.proposals.files import write_proposals
    from lotwise.cameras.slots.proposals.propose import propose_slots
    from lotwise.students.pipeline.run import Run
    from lotwise.students.pipeline.teacher_boxes import teacher_boxes

    cameras = (camera,) if camera else None
    run = Run(place)
    target = folder or (place if place.is_dir() else place.parent) / "slots"
    with progress_bars() as progress:
        seen = teacher_boxes(run, cameras) if place.is_dir() else site_boxes(place, cameras, target, progress)
        for name, frames in seen:
            times = [frame.taken for frame in frames.frames]
            found = propose_slots(frames.detections, times, frames.size)
            file, lines = write_proposals(target, name, frames, found)
            print_notes([*frames.notes, *lines[1:]])
            out.print(f"{name}: {lines[0]}: {file}")


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

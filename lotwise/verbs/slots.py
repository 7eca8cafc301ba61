"""``lotwise slots …``: everything about slot files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import Cameras, SiteFile
from lotwise.terminal import open_browser, out, print_notes, progress_bars

app = typer.Typer()
slots = typer.Typer(
    help="Slot files: propose slots, accept them, convert files of other projects.", rich_markup_mode="rich"
)
app.add_typer(slots, name="slots")

_EXAMPLES = (
    "Examples: lotwise slots convert bounding_boxes.json --canvas 1080x600 --out slots.json; "
    "lotwise slots convert CarParkPos --slot 107x48 --picture carParkImg.png --out slots.json; "
    "lotwise slots convert slots.json --to labelme --picture frame.jpg --out frame.json"
)


@slots.callback(epilog="Example: lotwise slots convert camera1.csv --out slots.json")
def _group() -> None:
    """Slots, with or without drawing them."""


@slots.command(epilog=_EXAMPLES)
def convert(
    file: Annotated[Path, typer.Argument(help="Slot file of any known format.")],
    target: Annotated[Path, typer.Option("--out", help="Slot file to write.")],
    source_format: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="Its format, by default told by what is in it: lotwise, ultralytics, labelme, cvat, coco, "
            "supervision, opencv, cnr-ext, pklot or frigate.",
        ),
    ] = None,
    target_format: Annotated[
        str, typer.Option("--to", help="Format to write, one of the same; lotwise is JSON in 0..1 of the frame.")
    ] = "lotwise",
    canvas: Annotated[
        str | None,
        typer.Option(
            "--canvas",
            help="WIDTHxHEIGHT of the picture as it was shown when the slots were drawn, where the file does not say; "
            "100x100 for percent.",
        ),
    ] = None,
    picture: Annotated[
        Path | None,
        typer.Option(
            help="A picture of the camera: its size where the file does not say it or the written one needs it, and "
            "its name where the file lists several pictures."
        ),
    ] = None,
    slot: Annotated[
        str | None, typer.Option(help="WIDTHxHEIGHT of each slot in pixels, where the file holds corners alone.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Whose zones, in a Frigate configuration of several cameras.")
    ] = None,
) -> None:
    """Convert slot files of other projects to ours, and ours to theirs."""
    from lotwise.cameras.site.slot_entry import waiting_note
    from lotwise.cameras.site.slot_file import write_slot_entries
    from lotwise.cameras.site.slot_formats import lotwise
    from lotwise.cameras.site.slot_formats.drawing import Picture
    from lotwise.cameras.site.slot_formats.formats import format_named
    from lotwise.cameras.site.slot_formats.given_file import Hints
    from lotwise.cameras.site.slot_formats.read import read_slots
    from lotwise.cameras.site.slot_formats.sizes import parse_size
    from lotwise.cameras.site.slot_formats.write import write_slots
    from lotwise.cameras.site.slot_overlaps import overlap_note
    from lotwise.datasets.images import image_size

    kind = format_named(target_format, "--to")
    hints = Hints(
        canvas=None if canvas is None else parse_size(canvas, "--canvas"),
        picture=None if picture is None else image_size(picture),
        picture_name=None if picture is None else picture.name,
        camera=camera,
        slot=None if slot is None else parse_size(slot, "--slot"),
    )
    found = read_slots(file, hints, None if source_format is None else format_named(source_format, "--from"))
    if kind is lotwise.FORMAT:
        write_slot_entries(target, found.entries)
    else:
        size = hints.picture or found.size
        if size is None and kind.in_pixels:
            raise InputError(
                f"{file}: {kind.title} is in pixels, and the size of the picture is not known; give --picture FILE"
            )
        picture_name = hints.picture_name or f"{target.stem}.jpg"
        write_slots(target, found.slots, kind, Picture(size or (1, 1), picture_name))
    out.print(f"{len(found.slots)} slots ({found.format.title}): {target}")
    ids = "" if kind.keeps_ids else f"{kind.title}: ids are not kept; read again, slots are numbered from 1"
    notes = (*found.notes, ids, overlap_note(found.slots), waiting_note(found.entries, file))
    print_notes([note for note in notes if note])


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


@slots.command(epilog="Examples: lotwise slots edit site.yaml; lotwise slots edit site.yaml --pictures frames")
def edit(
    site: SiteFile,
    cameras: Cameras = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            help="Folder with a folder of pictures for each camera, as lotwise collect writes it; without it the "
            "frames that the site file names."
        ),
    ] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Whether to open the page.")] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 for any that is free.")] = 0,
) -> None:
    """Draw slots in the browser, on saved pictures and without a node; until Ctrl-C."""
    from lotwise.cameras.site.frames import chosen_cameras
    from lotwise.cameras.site.reading import read_site
    from lotwise.cameras.site.slot_storage import unnamed_slots_note
    from lotwise.datasets.readers.open import parse_cameras
    from lotwise.node.http.slot_editor.alone import serve_editor
    from lotwise.node.slot_editing.saved_pictures import SavedPictures

    path = site.resolve()
    content = read_site(path)
    edited = SavedPictures(content, path, chosen_cameras(content, path, parse_cameras(cameras)), pictures, out.print)
    print_notes([f"{why}; its slots are not edited" for why in edited.missing.values()])
    print_notes([note for name in edited.cameras if (note := unnamed_slots_note(content, path, name))])

    def ready(address: str) -> None:
        out.print(f"slots of {', '.join(edited.cameras)}, until Ctrl-C: {address}")
        if browser:
            open_browser(address)

    edited.start()
    try:
        serve_editor(edited, port, ready)
    finally:
        edited.close()

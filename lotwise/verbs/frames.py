"""``lotwise frames``: which frames would be chosen for labelling."""

from __future__ import annotations

from typing import Annotated

import typer

from lotwise.datasets.split import DEFAULT_HOLDOUT
from lotwise.options import Frames, Holdout, JsonFile, with_options_of
from lotwise.terminal import out, print_notes, print_skipped, progress_bars, write_json

app = typer.Typer()


@app.command(epilog="Example: lotwise frames --dataset folder --root frames --frames 8")
@with_options_of(Frames)
def frames(
    count: Annotated[int, typer.Option("--frames", min=1, help="How many training frames of each camera to choose.")],
    of: Frames,
    holdout: Holdout = DEFAULT_HOLDOUT,
    as_json: JsonFile = None,
) -> None:
    """Which frames adapt and label would choose with this --frames, most telling first, and why. Labels nothing."""
    from lotwise.cameras.frame_selection.selection import select_frames
    from lotwise.datasets.readers.open import parse_cameras
    from lotwise.students.pipeline.footage import open_frames
    from lotwise.students.pipeline.options import source_of

    dataset = open_frames(*source_of(of.site, of.dataset, of.root), parse_cameras(of.cameras))
    with progress_bars() as progress:
        selections = {
            camera: select_frames(dataset.of_camera(camera), count, holdout, progress) for camera in dataset.cameras
        }
    print_notes(dataset.notes)
    print_skipped([why for one in selections.values() for why in one.skipped.values()])
    for camera, one in selections.items():
        out.print(
            f"{camera}: {len(one.chosen)} of {len(one.split.train)} training frames; "
            f"near-duplicates of these: {one.choice.alike}"
        )
        for frame, reason in zip(one.chosen, one.choice.chosen, strict=True):
            distance = "" if reason.distance is None else f"{reason.distance:.2f}"
            out.print(f"  {reason.why:<13} {distance:>4}  {frame.name}")
    write_json(as_json, {camera: one.as_json() for camera, one in selections.items()})

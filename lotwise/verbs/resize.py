"""``lotwise resize``: another size for the students of a run that is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import BoxCameras, FramesPerSecond, JsonFile, RightSizeBudget, Shadow
from lotwise.terminal import out, plain_table, print_notes, print_table, progress_bars, write_json
from lotwise.verbs.export import print_live_bundles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lotwise.students.pipeline.records import CameraRecord

app = typer.Typer()


@app.command(epilog="Examples: lotwise resize runs/lot --budget balanced   ·   lotwise resize runs/lot --fps 5")
def resize(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder of lotwise adapt or lotwise train.")],
    budget: RightSizeBudget = None,
    fps: FramesPerSecond = None,
    box_cameras: BoxCameras = None,
    tolerance: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Largest loss against the full size, instead of the budget's own."),
    ] = None,
    shadow: Shadow = None,
    as_json: JsonFile = None,
) -> None:
    """Give each camera of a run a student of the size that its view needs, or the full size again. No teacher."""
    from lotwise.students.pipeline.adapt import resize as resize_run
    from lotwise.students.pipeline.run import Run
    from lotwise.students.pipeline.settings_file import checked_right_size

    if budget is None and fps is None:
        raise InputError("say how large students may be: --budget accuracy, balanced, speed or full, or --fps N")
    run = Run(folder)
    before = run.plan().right_size.model_dump(exclude={"budget", "fps", "cameras", "tolerance"})
    given = {"budget": budget or "full", "fps": fps, "cameras": box_cameras, "tolerance": tolerance}
    asked = checked_right_size({**before, **given})
    with progress_bars() as progress:
        records = resize_run(run, asked, progress, lambda line: print_notes([line]), shadow)
    print_ladders(records)
    print_live_bundles(run)
    write_json(
        as_json,
        [
            {"camera": record.camera, **record.right_size.model_dump(mode="json")}
            for record in records
            if record.right_size is not None
        ],
    )


def print_ladders(records: Iterable[CameraRecord]) -> None:
    """What was tried for each camera, and which rung it got; nothing of cameras for which nothing was asked."""
    rows = []
    for record in records:
        if record.right_size is None:
            continue
        for rung in record.right_size.rungs:
            taken = "*" if rung.name == record.right_size.taken else ""
            slots = "" if rung.slots is None else f"{rung.slots:.3f}"
            cells = (f"{rung.input[0]}x{rung.input[1]}", f"{rung.ms:.1f}", f"{rung.mb:.1f}", f"{rung.seconds:.0f}")
            lost = (f"{rung.f1:.3f}", f"{rung.strict:.3f}", f"{rung.small:.3f}", slots)
            rows.append((record.camera, f"{rung.name}{taken}", *cells, *lost, rung.why))
    if rows:
        headings = ("camera", "student", "input", "ms", "MB", "s", "F1", "tight", "small", "slots", "why")
        print_table(plain_table(headings, rows))
        out.print("ms: a frame on this machine, float, one thread. F1 to slots: what is lost against the full size.")

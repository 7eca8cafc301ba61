"""``lotwise export``: the third stage alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import RunFolder
from lotwise.terminal import out, progress_bars

if TYPE_CHECKING:
    from lotwise.students.pipeline.run import Run

app = typer.Typer()


@app.command(epilog="Example: lotwise export --run runs/lot")
def export(folder: RunFolder) -> None:
    """Third stage: bundles, compared with their students; the better of student and nano goes live."""
    from lotwise.students.pipeline.adapt import export_bundles, label_frames
    from lotwise.students.pipeline.run import Run, open_frames

    run = Run(folder)
    plan = run.plan()
    frames = open_frames(plan.dataset, plan.root, plan.cameras)
    if not run.records():
        raise InputError(f"{folder}: no student here yet; run lotwise train --run {folder} first")
    with progress_bars() as progress:
        _, store, oracle = label_frames(run, frames, progress)
        export_bundles(run, frames, oracle, store, progress)
    print_live_bundles(run)


def print_live_bundles(run: Run) -> None:
    """Which bundle of each camera is live, and whether INT8 held."""
    from lotwise.students.export.int8 import verdict

    for camera, record in run.records().items():
        if record.live is None:
            continue
        what = (
            "student" if record.live == record.bundle else "untouched nano (the student agreed less with the teacher)"
        )
        out.print(f"{camera}: live is the {what}, {run.registry(camera).live()}")
        if "int8" in record.gate:
            out.print(f"{camera}: {verdict(record.gate['int8'])}")

"""``lotwise train``: the second stage alone."""

from __future__ import annotations

import typer

from lotwise.options import JsonFile, RunFolder
from lotwise.terminal import out, progress_bars, write_json

app = typer.Typer()


@app.command(epilog="Example: lotwise train --run runs/lot")
def train(folder: RunFolder, as_json: JsonFile = None) -> None:
    """Second stage: one student per camera, from the stored knowledge."""
    from lotwise.students.pipeline.adapt import label_frames, train_students
    from lotwise.students.pipeline.run import Run, open_frames

    run = Run(folder)
    plan = run.plan()
    frames = open_frames(plan.dataset, plan.root, plan.cameras)
    with progress_bars() as progress:
        labelled, store, _ = label_frames(run, frames, progress)
        records = train_students(run, frames, labelled, store, progress)
    for record in records:
        out.print(f"{record.camera}: {record.training['steps']} steps in {record.training['seconds']} s")
    write_json(as_json, [{"camera": record.camera, **record.training} for record in records])

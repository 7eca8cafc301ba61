"""``lotwise train``: the second stage alone."""

from __future__ import annotations

import typer

from lotwise.options import JsonFile, RunFolder
from lotwise.terminal import out, print_notes, progress_bars, write_json

app = typer.Typer()


@app.command(epilog="Example: lotwise train --run runs/lot")
def train(folder: RunFolder, as_json: JsonFile = None) -> None:
    """Second stage: one student per camera, from the stored knowledge."""
    from lotwise.students.pipeline.adapt import train as train_run
    from lotwise.students.pipeline.run import Run

    with progress_bars() as progress:
        records = train_run(Run(folder), progress, note=lambda line: print_notes([line]))
    for record in records:
        out.print(f"{record.camera}: {record.training['steps']} steps in {record.training['seconds']} s")
    write_json(as_json, [{"camera": record.camera, **record.training} for record in records])

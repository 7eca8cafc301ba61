"""``lotwise label``: the first stage alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.options import JOB_OPTIONS, Out, with_options_of
from lotwise.students.pipeline.job import Job
from lotwise.terminal import out, print_notes, print_skipped, progress_bars

app = typer.Typer()


@app.command(epilog="Example: lotwise label --dataset folder --root frames --out runs/lot")
@with_options_of(Job, JOB_OPTIONS)
def label(
    job: Job,
    folder: Out = Path("runs/adapt"),
    confidence: Annotated[
        float, typer.Option(min=0, max=1, help="Least score of a box in the label files.")
    ] = DEFAULT_CONFIDENCE,
) -> None:
    """First stage: the oracle looks at every frame once. Also writes YOLO and COCO label files."""
    from lotwise.students.pipeline.adapt import label as label_run
    from lotwise.students.pipeline.options import plan_of
    from lotwise.students.pipeline.run import Run
    from lotwise.teacher.pseudo_labels import write_pseudo_labels

    with progress_bars() as progress:
        done = label_run(Run(folder), plan_of(job), progress, note=lambda line: print_notes([line]))
    footage, labels = done.footage, done.labels
    print_notes(footage.notes)
    print_skipped(tuple(labels.skipped.values()))
    written = write_pseudo_labels(folder / "labels", footage.frames, labels.keys, labels.store, confidence)
    out.print(
        f"{len(labels.keys)} frames labelled ({labels.predicted} new), {len(labels.skipped)} skipped; "
        f"label files: {written}"
    )

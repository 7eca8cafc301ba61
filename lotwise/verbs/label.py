"""``lotwise label``: the first stage alone."""

from __future__ import annotations

from typing import Annotated

import typer

from lotwise.options import Job, with_options_of
from lotwise.terminal import out, print_notes, print_skipped, progress_bars

app = typer.Typer()


@app.command(epilog="Example: lotwise label --dataset folder --root frames --out runs/lot")
@with_options_of(Job)
def label(
    job: Job,
    confidence: Annotated[float, typer.Option(min=0, max=1, help="Least score of a box in the label files.")] = 0.25,
) -> None:
    """First stage: the oracle looks at every frame once. Also writes YOLO and COCO label files."""
    from lotwise.students.pipeline.adapt import label_frames
    from lotwise.students.pipeline.options import plan_of
    from lotwise.students.pipeline.run import Run, open_frames
    from lotwise.teacher.pseudo_labels import write_pseudo_labels

    plan = plan_of(vars(job))
    run = Run(job.folder)
    frames = open_frames(plan.dataset, plan.root, plan.cameras)
    run.begin(plan)
    with progress_bars() as progress:
        labelled, store, _ = label_frames(run, frames, progress)
    print_notes(frames.notes)
    print_skipped(tuple(labelled.skipped.values()))
    written = write_pseudo_labels(job.folder / "labels", frames.frames, labelled.keys, store, confidence)
    out.print(
        f"{len(labelled.keys)} frames labelled ({labelled.predicted} new), {len(labelled.skipped)} skipped; "
        f"label files: {written}"
    )

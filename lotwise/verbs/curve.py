"""``lotwise curve``: when more frames stop paying."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.options import JsonFile
from lotwise.terminal import out, progress_bars, write_json

app = typer.Typer()


@app.command(epilog="Example: lotwise curve runs/lot --counts 1,2,4,8")
def curve(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder of lotwise label or adapt.")],
    camera: Annotated[str | None, typer.Option(help="Only this camera.")] = None,
    counts: Annotated[
        str | None, typer.Option(help="Numbers of frames, with commas; 1,2,4,… up to 64 where not given.")
    ] = None,
    as_json: JsonFile = None,
) -> None:
    """When more frames stop paying: one student for each number of frames, measured on those held out."""
    from lotwise.students.pipeline.curve import curves, parse_counts
    from lotwise.students.pipeline.learning_curve import table
    from lotwise.students.pipeline.run import Run

    run, numbers = Run(folder), parse_counts(counts)
    with progress_bars() as progress:
        found = curves(run, camera, numbers, progress)
    out.print(table(found))
    for one in found:
        out.print(f"- {one.note}", style="dim")
        out.print(one.verdict)
        out.print(f"Picture: {run.camera(one.camera) / 'curve' / 'curve.png'}")
    write_json(as_json, [one.as_json() for one in found])

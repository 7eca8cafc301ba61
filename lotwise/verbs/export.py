"""``lotwise export``: the third stage alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.options import RunFolder, Shadow
from lotwise.terminal import out, print_notes, progress_bars

if TYPE_CHECKING:
    from lotwise.students.pipeline.run import Run

app = typer.Typer()


@app.command(
    epilog="Examples: lotwise export --run runs/lot   ·   lotwise export --run runs/lot --dreamed runs/elsewhere"
)
def export(
    folder: RunFolder,
    dreamed: Annotated[
        Path | None,
        typer.Option(help="Folder of lotwise dream, whose students of this run's metadata are measured instead."),
    ] = None,
    shadow: Shadow = None,
) -> None:
    """Third stage: bundles, compared with their students; the better of student and nano passes a gate to go live."""
    from lotwise.students.pipeline.adapt import export as export_run
    from lotwise.students.pipeline.adapt import export_dreamt
    from lotwise.students.pipeline.run import Run

    run = Run(folder)
    with progress_bars() as progress:
        if dreamed is None:
            export_run(run, progress, shadow)
        else:
            export_dreamt(run, dreamed, progress, lambda line: print_notes([line]), shadow)
    print_live_bundles(run)


def print_live_bundles(run: Run) -> None:
    """Which bundle of each camera is live, and whether INT8 held."""
    from lotwise.students.export.int8 import verdict

    for camera, record in run.records().items():
        gate = record.gate
        if gate is None:
            continue
        measured = bool(gate.agreement_with_teacher)
        less = "less" if record.left_out is None else "no better"
        what = "student" if gate.winner == "student" else f"untouched nano (the student agreed {less} with the teacher)"
        live = run.registry(camera).live()
        match gate.outcome:
            case "promoted" if not measured:
                out.print(f"{camera}: live is the untouched nano, {live}: {gate.why}")
            case "kept" if not measured:
                out.print(f"{camera}: live stays the bundle before, {live}: {gate.why}")
            case "promoted":
                out.print(f"{camera}: live is the {what}, {live}")
            case "shadow":
                out.print(f"{camera}: the {what} runs in the shadow of the live bundle, {live}: {gate.why}")
            case "kept":
                out.print(f"{camera}: live stays the bundle before, {live}, not the new {gate.winner}: {gate.why}")
        if record.left_out is not None:
            out.print(f"{camera}: {record.note}")
        if gate.int8 is not None:
            out.print(f"{camera}: {verdict(gate.int8)}")

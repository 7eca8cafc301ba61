"""``lotwise adapt``: from frames to live students and the table that proves it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lotwise.options import JOB_OPTIONS, HtmlFile, JsonFile, Out, Protocol, Shadow, with_options_of
from lotwise.students.pipeline.job import Job
from lotwise.terminal import print_notes, print_skipped, progress_bars
from lotwise.verbs.export import print_live_bundles
from lotwise.verbs.report import check_protocol, print_report
from lotwise.verbs.resize import print_ladders

if TYPE_CHECKING:
    from lotwise.students.pipeline.plan import Plan

app = typer.Typer()


@app.command(
    epilog="Examples: lotwise adapt --dataset folder --root frames --out runs/lot   ·   "
    "lotwise adapt --dataset cnr-ext --root CNR-EXT --cameras 1,3 --out runs/cnr"
)
@with_options_of(Job, JOB_OPTIONS)
def adapt(
    job: Job,
    folder: Out = Path("runs/adapt"),
    protocol: Protocol = None,
    as_json: JsonFile = None,
    html: HtmlFile = None,
    shadow: Shadow = None,
) -> None:
    """Frames in, a live student per camera out, and a table that proves it. No labels."""
    from lotwise.students.pipeline.options import plan_of

    check_protocol(protocol)
    adapt_and_report(folder, plan_of(job), protocol, as_json, html, shadow)


def adapt_and_report(
    folder: Path, plan: Plan, protocol: str | None, as_json: Path | None, html: Path | None, shadow: bool | None = None
) -> None:
    """Do what the plan says in the run folder; report.json, report.html and report.md go there where not named."""
    from lotwise.datasets.frame_cache import FrameCache
    from lotwise.students.pipeline.adapt import adapt as adapt_cameras
    from lotwise.students.pipeline.footage import open_run_frames
    from lotwise.students.pipeline.run import Run

    run, read = Run(folder), FrameCache()
    with progress_bars() as progress:
        done = adapt_cameras(run, plan, progress, lambda line: print_notes([line]), read, shadow)
    print_notes(done.footage.notes)
    print_skipped(tuple(done.labels.skipped.values()))
    print_ladders(run.records().values())
    print_live_bundles(run)
    # Only the report is handed the truth.
    frames = open_run_frames(plan)
    print_report(
        run,
        frames,
        protocol,
        as_json or folder / "report.json",
        html or folder / "report.html",
        folder / "report.md",
        read=read,
    )

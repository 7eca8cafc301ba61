"""``lotwise adapt``: from frames to live students and the table that proves it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from lotwise.options import JOB_OPTIONS, HtmlFile, JsonFile, Out, Protocol, Shadow, SideBySide, with_options_of
from lotwise.students.pipeline.job import Job
from lotwise.terminal import out, print_notes, print_skipped, progress_bars
from lotwise.verbs.export import print_live_bundles
from lotwise.verbs.report import check_protocol, print_report
from lotwise.verbs.resize import print_ladders
from lotwise.verbs.side_by_side import Chosen, executor_asked

if TYPE_CHECKING:
    from lotwise.datasets.frame_cache import FrameCache
    from lotwise.students.pipeline.adapt import Adapted
    from lotwise.students.pipeline.plan import Plan
    from lotwise.students.pipeline.run import Run

app = typer.Typer()


@app.command(
    epilog="Examples: lotwise adapt --dataset folder --root frames --out runs/lot   ·   "
    "lotwise adapt --dataset cnr-ext --root CNR-EXT --cameras 1,3 --out runs/cnr   ·   "
    "lotwise adapt site.yaml --executor local --workers 4"
)
@with_options_of(SideBySide)
@with_options_of(Job, JOB_OPTIONS)
def adapt(
    job: Job,
    side_by_side: SideBySide,
    folder: Out = Path("runs/adapt"),
    protocol: Protocol = None,
    as_json: JsonFile = None,
    html: HtmlFile = None,
    shadow: Shadow = None,
) -> None:
    """Frames in, a live student per camera out, and a table that proves it. No labels."""
    from lotwise.students.pipeline.options import plan_of

    check_protocol(protocol)
    chosen = executor_asked(side_by_side)
    if chosen is None:
        adapt_and_report(folder, plan_of(job), protocol, as_json, html, shadow)
    else:
        _adapt_side_by_side(chosen, folder, plan_of(job), protocol, as_json, html, shadow)


def adapt_and_report(
    folder: Path, plan: Plan, protocol: str | None, as_json: Path | None, html: Path | None, shadow: bool | None = None
) -> None:
    """Do what the plan says in the run folder; report.json, report.html and report.md go there where not named."""
    from lotwise.datasets.frame_cache import FrameCache
    from lotwise.students.pipeline.adapt import adapt as adapt_cameras
    from lotwise.students.pipeline.run import Run

    run, read = Run(folder), FrameCache()
    with progress_bars() as progress:
        done = adapt_cameras(run, plan, progress, lambda line: print_notes([line]), read, shadow)
    _print_adapted(run, plan, done, protocol, as_json, html, read)


def _adapt_side_by_side(
    chosen: Chosen,
    folder: Path,
    plan: Plan,
    protocol: str | None,
    as_json: Path | None,
    html: Path | None,
    shadow: bool | None,
) -> None:
    from lotwise.datasets.frame_cache import FrameCache
    from lotwise.students.pipeline.adapt_on_executor import adapt_on, refuse_failed
    from lotwise.students.pipeline.run import Run

    run, read = Run(folder), FrameCache()
    with progress_bars() as progress:
        done = adapt_on(
            chosen.executor, run, plan, progress, lambda line: print_notes([line]), shadow, chosen.resources
        )
    if done.adapted is not None:
        _print_adapted(run, plan, done.adapted, protocol, as_json, html, read)
    refuse_failed(run, done)


def print_dreams(run: Run) -> None:
    """What left each camera whose frames stayed on it, and the page of the dreams made of that; nothing of others."""
    from lotwise.eval.page.dreams import write_gallery
    from lotwise.students.pipeline.dream import dreams_of, said_of_dreams

    for camera, record in run.records().items():
        if record.dreams is None:
            continue
        out.print(f"{camera}: {said_of_dreams(record.dreams)}")
        found = dreams_of(run, camera)
        if found is not None:
            out.print(f"{camera}: dreams: {write_gallery(*found)}")


def _print_adapted(
    run: Run,
    plan: Plan,
    done: Adapted,
    protocol: str | None,
    as_json: Path | None,
    html: Path | None,
    read: FrameCache,
) -> None:
    """What came of a run, and the report of it."""
    from lotwise.students.pipeline.footage import open_run_frames

    print_notes(done.footage.notes)
    print_skipped(tuple(done.labels.skipped.values()))
    print_ladders(run.records().values())
    print_live_bundles(run)
    print_dreams(run)
    # Only the report is handed the truth.
    frames = open_run_frames(plan)
    print_report(
        run,
        frames,
        protocol,
        as_json or run.folder / "report.json",
        html or run.folder / "report.html",
        run.folder / "report.md",
        read=read,
    )

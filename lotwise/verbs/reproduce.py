"""``lotwise reproduce``: the published table on the whole data set, beside the published figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import JOB_OPTIONS, HtmlFile, JsonFile, Out, SideBySide, with_options_of
from lotwise.terminal import out, print_notes, print_table, progress_bars, write_json, write_text
from lotwise.verbs.side_by_side import Chosen, executor_asked

if TYPE_CHECKING:
    from lotwise.datasets.frame import Frame
    from lotwise.eval.reproduction.estimate import Estimate
    from lotwise.eval.reproduction.reproduce import AdaptCameras
    from lotwise.eval.reproduction.work import Work
    from lotwise.students.pipeline.plan import Plan
    from lotwise.students.pipeline.run import Run

TABLE_WIDTH = 120
"""Columns of a table where there is no terminal."""
SIDE_BY_SIDE = (
    "The estimate is for one camera after the other; with --executor their own students are made side by side."
)

app = typer.Typer()


@dataclass(frozen=True)
class Asked:
    """What may be asked for; each as of :class:`lotwise.students.pipeline.job.Job`."""

    cameras: str | None = None
    teacher: str = "yolo26x.pt"
    student: str = "yolo26n.pt"
    size: int | None = None
    scales: str = "640,1280"
    epochs: int | None = None
    frames: int | None = None
    seed: int | None = None
    settings: Path | None = None


@app.command(
    epilog="Examples: lotwise reproduce cnr-ext --root CNR-EXT --dry-run   ·   "
    "lotwise reproduce cnr-ext --root CNR-EXT --out runs/published   ·   "
    "lotwise reproduce cnr-ext --root CNR-EXT --executor local --workers 4"
)
@with_options_of(SideBySide)
@with_options_of(Asked, JOB_OPTIONS)
def reproduce(
    name: Annotated[str, typer.Argument(metavar="DATASET", help="Whose published table: cnr-ext.")],
    root: Annotated[
        Path, typer.Option(help="Folder of the data set. What lies there is used; where nothing does, it is fetched.")
    ],
    asked: Asked,
    side_by_side: SideBySide,
    folder: Out = Path("runs/reproduce"),
    price: Annotated[
        float | None,
        typer.Option("--price-per-hour", min=0, help="What an hour of this machine costs: the estimate is in money."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only the estimate of time, disk and money.")] = False,
    as_json: JsonFile = None,
    html: HtmlFile = None,
) -> None:
    """The published table of CNR-EXT: own students, one for all cameras, teacher and nano, beside what is published.

    It begins with how much of the data set is there and what time, disk and money the rest will take. A day that is
    measured on one camera is learned from on none. A run that was killed goes on.
    """
    from lotwise.eval.page.reproduction import reproduction_page
    from lotwise.eval.reproduction import fetch
    from lotwise.eval.reproduction.estimate import duration
    from lotwise.eval.reproduction.extent import extent_of
    from lotwise.eval.reproduction.on_executor import adapt_cameras_on
    from lotwise.eval.reproduction.reproduce import PAGE, TABLE, reproduce, reproduction_plan, write_reproduction
    from lotwise.eval.reproduction.text import rich_tables, words
    from lotwise.eval.reproduction.work import whole_work, work_left
    from lotwise.students.pipeline.adapt import adapt
    from lotwise.students.pipeline.footage import open_footage
    from lotwise.students.pipeline.job import Job
    from lotwise.students.pipeline.options import plan_of
    from lotwise.students.pipeline.run import Run

    if name != "cnr-ext":
        raise InputError(f"{name}: no published table of it is known; there is cnr-ext")
    chosen = executor_asked(side_by_side)
    adapt_cameras: AdaptCameras = adapt
    if chosen is not None:
        adapt_cameras = adapt_cameras_on(chosen.executor, chosen.resources)
    plan, run = plan_of(Job(dataset=name, root=root, **asdict(asked))), Run(folder)
    if missing := fetch.missing(plan.root):
        out.print(f"nothing yet: CNR-EXT is not whole in {root}, and is fetched there first")
        told = _estimate(whole_work(plan, missing), plan, None, run, price, chosen)
        if dry_run:
            write_json(as_json, {"extent": None, "estimate": told.to_json()})
            return
        with progress_bars() as progress:
            fetch.fetch(plan.root, progress)
    footage = open_footage(plan)
    extent, plan = extent_of(footage), reproduction_plan(plan, footage)
    out.print(extent.line)
    told = _estimate(work_left(run, plan, footage), plan, footage.frames[0], run, price, chosen)
    if dry_run:
        write_json(as_json, {"extent": extent.to_json(), "estimate": told.to_json()})
        return
    with progress_bars() as progress:
        made = reproduce(run, plan, extent, progress, lambda line: print_notes([line]), adapt_cameras)
    found = replace(made, estimated_seconds=round(told.seconds, 1))
    out.print(f"\n{extent.line}")
    for table in rich_tables(found):
        print_table(table, TABLE_WIDTH)
    for line in words(found):
        out.print(line)
    for path in {folder / TABLE, as_json or folder / TABLE}:
        write_reproduction(path, found)
    page = html or folder / PAGE
    write_text(page, reproduction_page(found))
    out.print(f"It took {duration(found.seconds)}; at most {duration(told.seconds)} were told. Page: {page}")


def _estimate(
    work: Work, plan: Plan, frame: Frame | None, run: Run, price: float | None, chosen: Chosen | None
) -> Estimate:
    """Told before anything is begun.

    Raises:
        InputError: the disk has no room for it.
    """
    from lotwise.eval.reproduction.estimate import check_room, estimate
    from lotwise.eval.reproduction.probe import probe

    told = estimate(work, probe(plan, frame), price)
    for line in told.lines():
        out.print(line)
    if chosen is not None:
        out.print(SIDE_BY_SIDE)
    check_room(run.folder, told)
    return told

"""``lotwise retrain``: live students learn what is new, and what they have learned from again; once or every night."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import Cameras, JsonFile, Shadow
from lotwise.terminal import err, out, plain_table, print_notes, print_table, progress_bars, write_json

if TYPE_CHECKING:
    import threading

    from lotwise.cameras.site.settings import Site
    from lotwise.datasets.frame import Footage
    from lotwise.students.pipeline.run import Run
    from lotwise.students.retraining.records import Outcome
    from lotwise.students.retraining.retrain import Asked

app = typer.Typer()
TABLE_WIDTH = 150
"""Columns of the table where there is no terminal: reasons are long."""


@app.command(
    epilog="Examples: lotwise retrain runs/lot site.yaml   ·   lotwise retrain runs/lot site.yaml --since 7d "
    "--cameras C1   ·   lotwise retrain runs/lot site.yaml --every night --cpu-budget 30m   ·   "
    "lotwise retrain runs/lot --new folder"
)
def retrain(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder of lotwise adapt.")],
    site: Annotated[
        Path | None,
        typer.Argument(
            metavar="[SITE]",
            help="Site file of the node that keeps new frames; that of the run where it was made of one.",
        ),
    ] = None,
    new: Annotated[
        Path | None,
        typer.Option("--new", help="In place of a node's new frames: a folder with a folder of pictures each camera."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only frames from then on, such as 2026-11-01 or 7d (days ago).")
    ] = None,
    cameras: Cameras = None,
    least: Annotated[int, typer.Option(min=3, help="New frames of a camera under which it is left alone.")] = 6,
    keep_mb: Annotated[
        float,
        typer.Option(min=1, help="MB in the run folder, each camera, for new frames that are learned from again."),
    ] = 300.0,
    cpu_budget: Annotated[
        str | None,
        typer.Option(
            "--cpu-budget",
            help="CPU time for all cameras together, such as 30m; what is not done goes on in the next round.",
        ),
    ] = None,
    every: Annotated[
        str | None,
        typer.Option("--every", help="Go on until stopped: a round every night (at 2:00) or after a span such as 6h."),
    ] = None,
    shadow: Shadow = None,
    as_json: JsonFile = None,
) -> None:
    """New frames teach live students more, old ones are replayed; what has forgotten nothing goes live. No labels."""
    from lotwise.cameras.collection.deadline import span_of
    from lotwise.datasets.readers.common.camera_id import parse_cameras
    from lotwise.node.history.range import parse_moment
    from lotwise.students.pipeline.run import Run
    from lotwise.students.retraining.retrain import Asked
    from lotwise.students.retraining.schedule import next_start

    run = Run(folder)
    found = _site_of(run, site)
    asked = Asked(
        folder=_new_frames(found, new),
        since=None if since is None else parse_moment(since, None, datetime.now(UTC), "--since"),
        least=least,
        keep_bytes=int(keep_mb * 1e6),
        shadow=shadow,
    )
    names = parse_cameras(cameras)
    budget = None if cpu_budget is None else span_of(cpu_budget, "--cpu-budget").total_seconds()

    def once(stopped: Callable[[], bool] = lambda: False) -> None:
        _round(run, asked, found, names, budget, stopped, as_json)

    if every is None:
        once()
        return
    next_start(every, datetime.now().astimezone())  # refused now, not in the night
    _standing(every, once)


def _site_of(run: Run, path: Path | None) -> Site | None:
    from lotwise.cameras.site.reading import read_site

    plan = run.plan()
    if path is None and plan.dataset == "site":
        path = plan.root
    return None if path is None else read_site(path.resolve())


def _new_frames(site: Site | None, new: Path | None) -> Path:
    from lotwise.cameras.trust.new_frames import FOLDER
    from lotwise.students.retraining.intake import check_folder

    if new is not None:
        check_folder(new)
        return new.resolve()
    if site is None:
        raise InputError("which frames are new? give the site file of the node behind the run, or a folder as --new")
    return site.state / FOLDER


def _round(
    run: Run,
    asked: Asked,
    site: Site | None,
    cameras: tuple[str, ...] | None,
    budget: float | None,
    stopped: Callable[[], bool],
    as_json: Path | None,
) -> None:
    """One call of the job, and what to say of it."""
    from lotwise.eval.retraining import write_changes
    from lotwise.students.retraining.cpu_budget import CpuBudget
    from lotwise.students.retraining.job import retrain as retrain_cameras

    pages: dict[str, Path] = {}

    def done(footage: Footage, outcome: Outcome) -> None:
        if outcome.record is not None and outcome.record.finished:
            pages[outcome.camera] = write_changes(run, footage, outcome.record)

    with progress_bars() as progress:
        outcomes = retrain_cameras(
            run, asked, site, cameras, CpuBudget(budget, stopped), progress, lambda line: print_notes([line]), done
        )
    print_outcomes(run, outcomes, pages)
    content = [one.model_dump(mode="json") | {"page": str(pages.get(one.camera, ""))} for one in outcomes]
    write_json(as_json, content)


def print_outcomes(run: Run, outcomes: list[Outcome], pages: dict[str, Path]) -> None:
    """What became of each camera, and where its page lies."""
    from lotwise.eval.retraining import headline

    rows = [
        (
            one.camera,
            one.word,
            "-" if one.record is None else str(len(one.record.new)),
            "-" if one.record is None else str(one.record.looked),
            "-" if one.record is None else f"{one.record.cpu_s:.0f}",
            one.why,
        )
        for one in outcomes
    ]
    print_table(plain_table(("camera", "outcome", "new", "teacher looked", "CPU s", "why"), rows), TABLE_WIDTH)
    for one in outcomes:
        if one.camera in pages and one.record is not None:
            out.print(f"{headline(run, one.record)}. What changed: {pages[one.camera]}")
    if all(one.word == "nothing new" for one in outcomes):
        out.print("Nothing is new, so nothing was retrained.")


def _standing(every: str, once: Callable[[Callable[[], bool]], None]) -> None:
    """A round whenever one is due, until somebody ends it; a round that fails is told, and the next one comes."""
    import threading

    from lotwise.node.run import until_told
    from lotwise.students.retraining.schedule import next_start

    stop = threading.Event()
    with until_told(stop):
        while not stop.is_set():
            due = next_start(every, datetime.now().astimezone())
            err.print(f"next round at {due:%Y-%m-%d %H:%M}")
            if _wait(stop, due):
                return
            try:
                once(stop.is_set)
            except (InputError, OSError) as error:
                err.print(f"error: {error}", style="bold red")


def _wait(stop: threading.Event, due: datetime) -> bool:
    """Wait until a moment by the wall's clock, which may be set meanwhile; whether it was told to stop."""
    while (left := (due - datetime.now().astimezone()).total_seconds()) > 0:
        if stop.wait(min(left, 60.0)):
            return True
    return stop.is_set()

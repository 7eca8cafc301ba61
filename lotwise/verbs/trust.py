"""``lotwise trust``: whether each camera can be trusted, without a single label."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import Camera, DatasetKind, JsonFile, Root
from lotwise.terminal import out, plain_table, print_table, progress_bars, write_json

if TYPE_CHECKING:
    from lotwise.cameras.trust.site_days import CameraTrust
    from lotwise.cameras.trust.verdict import Verdict

app = typer.Typer()
NOTE = (
    "The accuracy is estimated from the camera's own signals, fitted to agreement with the teacher, never to labels: "
    "what the teacher itself cannot see is not in it. The interval holds nine times in ten."
)
TABLE_WIDTH = 140
"""Columns of the table where there is no terminal: reasons are long."""


@app.command(
    epilog="Examples: lotwise trust site.yaml   ·   lotwise trust site.yaml --days 30 --json trust.json   ·   "
    "lotwise trust runs/lot   ·   lotwise trust runs/lot --dataset folder --root new-frames"
)
def trust(
    place: Annotated[
        Path, typer.Argument(metavar="SITE_OR_RUN", help="Site file of a node, or run folder of lotwise adapt.")
    ],
    camera: Camera = None,
    days: Annotated[
        int, typer.Option(min=1, help="Of a site whose node has sampled frames: the last so many days.")
    ] = 7,
    dataset: DatasetKind = None,
    root: Root = None,
    as_json: JsonFile = None,
) -> None:
    """Good, watch, retrain or cannot tell: each camera and day, with an estimated accuracy and reasons. No labels."""
    if (dataset is None) != (root is None):
        raise InputError("--dataset and --root belong together; leave both out for the frames of the run itself")
    if place.is_file():
        if dataset is not None:
            raise InputError(f"{place}: --dataset and --root go with a run folder; give one in place of the site file")
        found = _of_site(place, camera, days)
    else:
        found = _of_run(place, camera, dataset, root)
    _print(found)
    write_json(as_json, [_as_json(one) for one in found])


def _of_site(path: Path, camera: str | None, days: int) -> list[CameraTrust]:
    from lotwise.cameras.site.frames import chosen_cameras
    from lotwise.cameras.site.reading import read_site
    from lotwise.cameras.trust.site_days import site_trust

    site = read_site(path.resolve())
    names = chosen_cameras(site, path, None if camera is None else [camera])
    with progress_bars() as progress:
        return site_trust(site, path, names, days, progress)


def _of_run(folder: Path, camera: str | None, dataset: str | None, root: Path | None) -> list[CameraTrust]:
    from lotwise.students.pipeline.run import Run

    run = Run(folder)
    plan = run.plan()
    from lotwise.eval.trust import run_trust
    from lotwise.students.pipeline.footage import open_frames

    frames = open_frames(dataset or plan.dataset, root or plan.root, plan.cameras if dataset is None else None)
    with progress_bars() as progress:
        return run_trust(run, frames, camera, progress=progress)


def _print(found: list[CameraTrust]) -> None:
    rows = [
        (one.camera, str(day.day), day.verdict.word, *_numbers(day.verdict), "; ".join(day.verdict.reasons))
        for one in found
        for day in one.days
    ]
    print_table(plain_table(("camera", "day", "verdict", "accuracy", "interval", "frames", "why"), rows), TABLE_WIDTH)
    for one in found:
        if not one.days:
            out.print(f"{one.camera}: no frame to judge it by; give others with --dataset and --root")
        if one.drift:
            out.print(f"{one.camera}: drift {one.drift}")
        if not one.sampled and one.days:
            out.print(f"- {one.camera}: judged on stored frames, as no node has sampled it", style="dim")
    out.print(f"- {NOTE}", style="dim")


def _numbers(verdict: Verdict) -> tuple[str, str, str]:
    if verdict.accuracy is None:
        return "-", "-", str(verdict.frames)
    return f"{verdict.accuracy:.0%}", f"{verdict.low:.0%} to {verdict.high:.0%}", str(verdict.frames)


def _as_json(one: CameraTrust) -> dict[str, Any]:
    return {
        "camera": one.camera,
        "drift": one.drift,
        "days": [{"day": str(day.day), **day.verdict.to_json()} for day in one.days],
    }

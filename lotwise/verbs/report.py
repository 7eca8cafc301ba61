"""``lotwise report``: the per-camera table of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast, get_args

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import Cameras, DatasetKind, HtmlFile, JsonFile, Protocol, Root, RunFolder
from lotwise.terminal import out, print_table, progress_bars, write_json, write_text

if TYPE_CHECKING:
    from lotwise.datasets.frame import Dataset
    from lotwise.eval.report import SlotRuleName
    from lotwise.eval.rows import Protocol as Known
    from lotwise.students.pipeline.run import Run

TABLE_WIDTH = 120
"""Columns of the table where there is no terminal: it fits 110."""

app = typer.Typer()


@app.command(
    epilog="Example: lotwise report --run runs/cnr --dataset cnr-ext --root CNR-EXT --protocol vehicles --html r.html"
)
def report(
    folder: RunFolder,
    dataset: DatasetKind = None,
    root: Root = None,
    cameras: Cameras = None,
    protocol: Protocol = None,
    rule: Annotated[
        Literal["learned", "half-covered"], typer.Option("--slot-rule", help="How slots are read from boxes.")
    ] = "learned",
    as_json: JsonFile = None,
    html: HtmlFile = None,
    markdown: Annotated[Path | None, typer.Option(help="Also write a Markdown table here.")] = None,
) -> None:
    """Precision, recall, mAP50 and mAP50-95 per camera: teacher, untouched nano and student side by side."""
    check_protocol(protocol)
    from lotwise.datasets.readers.open import parse_cameras
    from lotwise.students.pipeline.run import Run, open_frames

    run = Run(folder)
    plan = run.plan()
    if (dataset is None) != (root is None):
        raise InputError("--dataset and --root belong together; leave both out for the frames of the run itself")
    frames = open_frames(
        dataset or plan.dataset, root or plan.root, parse_cameras(cameras) if cameras else plan.cameras
    )
    print_report(run, frames, protocol, as_json, html, markdown, rule)


def check_protocol(protocol: str | None) -> Known | None:
    """The protocol, which is asked for before any work is done.

    Raises:
        InputError: there is none of that name.
    """
    from lotwise.eval.rows import Protocol as Known

    if protocol is not None and protocol not in get_args(Known):
        raise InputError(f"--protocol {protocol}: choose one of {', '.join(get_args(Known))}")
    return cast("Known | None", protocol)


def print_report(
    run: Run,
    frames: Dataset,
    protocol: str | None,
    as_json: Path | None,
    html: Path | None,
    markdown: Path | None,
    rule: SlotRuleName = "learned",
) -> None:
    """Measure a run on frames, print the table and write it wherever it was asked for."""
    from lotwise.eval.report import collect, make_report, write_page
    from lotwise.eval.table import markdown as as_markdown
    from lotwise.eval.table import remarks, rich_table, to_json, verdict

    with progress_bars() as progress:
        collected = collect(run, frames, progress)
    result = make_report(collected, check_protocol(protocol), rule)
    print_table(rich_table(result), TABLE_WIDTH)
    for remark in remarks(result):
        out.print(f"- {remark}", style="dim")
    out.print(verdict(result))
    write_json(as_json, to_json(result))
    if markdown is not None:
        write_text(markdown, as_markdown(result))
    if html is not None:
        write_page(html, result, collected, rule)
        out.print(f"Page: {html}")

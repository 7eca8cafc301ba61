"""``lotwise report``: the per-camera table of a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import Cameras, DatasetKind, HtmlFile, JsonFile, Protocol, Root, RunFolder
from lotwise.terminal import out, print_table, progress_bars, write_json, write_text

if TYPE_CHECKING:
    from lotwise.datasets.frame import Dataset
    from lotwise.datasets.load import LoadFrame
    from lotwise.eval.collect import SlotRuleName
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
    from lotwise.students.pipeline.footage import open_frames, with_ignored
    from lotwise.students.pipeline.run import Run

    run = Run(folder)
    plan = run.plan()
    if (dataset is None) != (root is None):
        raise InputError("--dataset and --root belong together; leave both out for the frames of the run itself")
    frames = open_frames(
        dataset or plan.dataset, root or plan.root, parse_cameras(cameras) if cameras else plan.cameras
    )
    print_report(run, with_ignored(frames, plan), protocol, as_json, html, markdown, rule)


def check_protocol(name: str | None) -> None:
    """Refuse an unknown protocol before any work is done.

    Raises:
        InputError: there is none of that name.
    """
    if name is not None:
        from lotwise.eval.protocols import protocol_named

        protocol_named(name)


def print_report(
    run: Run,
    frames: Dataset,
    protocol: str | None,
    as_json: Path | None,
    html: Path | None,
    markdown: Path | None,
    rule: SlotRuleName = "learned",
    read: LoadFrame | None = None,
) -> None:
    """Measure a run on frames, print the table and write it wherever it was asked for."""
    from lotwise.datasets.load import load
    from lotwise.eval.collect import collect
    from lotwise.eval.comparison import remarks, to_json, verdict
    from lotwise.eval.live import live_lines
    from lotwise.eval.make_report import make_report, write_page
    from lotwise.eval.markdown import markdown as as_markdown
    from lotwise.eval.protocols import protocol_named
    from lotwise.eval.table import rich_table

    with progress_bars() as progress:
        collected = collect(run, frames, rule, progress, read or load)
    result = make_report(collected, protocol_named(protocol) if protocol else None)
    if result.live:
        first, *reasons = live_lines(result.live)
        out.print(first)
        for reason in reasons:
            out.print(f"- {reason}", style="dim")
    print_table(rich_table(result), TABLE_WIDTH)
    for remark in remarks(result):
        out.print(f"- {remark}", style="dim")
    out.print(verdict(result))
    write_json(as_json, to_json(result))
    if markdown is not None:
        write_text(markdown, as_markdown(result))
    if html is not None:
        write_page(html, result, collected, read or load)
        out.print(f"Page: {html}")

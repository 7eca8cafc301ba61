"""``lotwise demo``: the whole job on a rendered site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.options import Out
from lotwise.terminal import out, progress_bars
from lotwise.verbs.adapt import adapt_and_report

app = typer.Typer()


@app.command(epilog="Example: lotwise demo --out runs/demo")
def demo(
    folder: Out = Path("runs/demo"),
    seed: Annotated[int, typer.Option(min=0, help="Another seed renders another site.")] = 0,
) -> None:
    """The whole job on a rendered parking site: label, distil, export, report. Nothing is downloaded."""
    from lotwise.datasets.synthetic import render_site
    from lotwise.students.pipeline.demo import (
        CAMERAS,
        DAYS,
        FRAMES_PER_DAY,
        HEIGHT_PX,
        WIDTH_PX,
        demo_plan,
        write_demo_site,
    )

    with progress_bars() as progress:
        render_site(
            folder / "frames",
            cameras=CAMERAS,
            days=DAYS,
            frames_per_day=FRAMES_PER_DAY,
            width=WIDTH_PX,
            height=HEIGHT_PX,
            seed=seed,
            progress=progress,
        )
    adapt_and_report(folder, demo_plan(folder / "frames", seed), protocol="vehicles", as_json=None, html=None)
    out.print(f"Next, a camera node of these students: lotwise run {write_demo_site(folder)}")

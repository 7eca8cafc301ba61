"""``lotwise record``: keep pictures of the cameras."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.options import Cameras, SiteFile
from lotwise.terminal import out, screen

app = typer.Typer()


@app.command(epilog="Example: lotwise record site.yaml --out frames --every 600")
def record(
    site: SiteFile,
    folder: Annotated[Path, typer.Option("--out", help="Gets a folder of JPEG files for each camera.")],
    every_s: Annotated[float, typer.Option("--every", min=0, help="Seconds between two pictures of a camera.")] = 600.0,
    most: Annotated[int | None, typer.Option("--count", min=1, help="Pictures of each camera; no end without.")] = None,
    cameras: Cameras = None,
) -> None:
    """Keep a picture of each camera every so often, for lotwise adapt --dataset folder, until stopped."""
    import threading

    from lotwise.datasets.readers.open import parse_cameras
    from lotwise.node.recording import record_frames
    from lotwise.node.run import until_told

    stop = threading.Event()
    with until_told(stop):
        written = record_frames(
            site.resolve(), parse_cameras(cameras), folder, every_s, most, stop,
            lambda camera, line: screen.print(f"{camera}: {line}"),
        )  # fmt: skip
    for camera, count in written.items():
        out.print(f"{camera}: {count} pictures in {folder / camera}")

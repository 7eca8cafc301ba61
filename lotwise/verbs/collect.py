"""``lotwise collect``: frames to learn from, over hours or days."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.options import Cameras, JsonFile, SiteFile
from lotwise.terminal import RunningLine, out, plain_table, print_notes, print_table, screen, write_json

if TYPE_CHECKING:
    from lotwise.cameras.collection.collect import Collected

app = typer.Typer()
MB = 1_000_000


@app.command(
    epilog="Examples: lotwise collect site.yaml --for 2d   ·   lotwise collect site.yaml --every 5 --until 18:30 "
    "--camera-mb 200"
)
def collect(
    site: SiteFile,
    folder: Annotated[
        Path | None,
        typer.Option("--out", help="Gets a folder for each camera; the folder frames beside the site file by default."),
    ] = None,
    every_s: Annotated[
        float, typer.Option("--every", min=0, help="Least seconds between two looks at a running camera.")
    ] = 10.0,
    span: Annotated[
        str | None, typer.Option("--for", help="How long, such as 30m, 8h or 2d; without it until stopped.")
    ] = None,
    moment: Annotated[
        str | None, typer.Option("--until", help="Until when, such as 18:30 or 2026-01-02 18:30.")
    ] = None,
    camera_mb: Annotated[float, typer.Option(min=0.1, help="MB on disk for the frames of each camera.")] = 500.0,
    whole_mb: Annotated[float, typer.Option(min=0.1, help="MB on disk for the frames of all cameras.")] = 5000.0,
    cameras: Cameras = None,
    as_json: JsonFile = None,
) -> None:
    """Keep frames that show new light or new cars, with privacy masks painted, for lotwise adapt to learn from."""
    import threading
    from dataclasses import asdict
    from datetime import datetime

    from lotwise.cameras.collection.collect import collect_frames
    from lotwise.cameras.collection.deadline import deadline
    from lotwise.cameras.collection.kept_frames import FRAMES, Budget
    from lotwise.cameras.site.frames import unread_collections
    from lotwise.datasets.readers.open import parse_cameras
    from lotwise.node.run import until_told

    until = deadline(span, moment, datetime.now().astimezone())
    path = site.resolve()
    root = (folder or path.parent / FRAMES).resolve()
    stop = threading.Event()
    with until_told(stop), RunningLine(screen) as line:
        done = collect_frames(
            path, parse_cameras(cameras), root, every_s, Budget(int(camera_mb * MB), int(whole_mb * MB)), stop,
            lambda camera, words: line.print(f"{camera}: {words}"), until, lambda so_far: line.show(_line(so_far)),
        )  # fmt: skip
    headings = ("camera", "looked at", "kept", "new light", "new cars", "alike", "no use", "frames now", "MB")
    print_table(plain_table(headings, [_row(camera, one) for camera, one in done.items()]))
    out.print(f"frames are in {root}")
    print_notes(unread_collections(path, tuple(done), root))
    write_json(as_json, {camera: {**asdict(one), "folder": str(root / camera)} for camera, one in done.items()})


def _line(so_far: Mapping[str, Collected]) -> str:
    parts = [f"{camera} {one.kept} kept of {one.looked}" for camera, one in so_far.items()]
    taken = sum(one.bytes for one in so_far.values()) / MB
    return f"{', '.join(parts)}; {taken:.1f} MB"


def _row(camera: str, one: Collected) -> list[str]:
    numbers = (
        one.looked, one.kept, one.news["new light"], one.news["new occupancy"],
        one.counts["alike"] + one.counts["full"], one.flawed + one.unreadable, one.frames,
    )  # fmt: skip
    return [camera, *map(str, numbers), f"{one.bytes / MB:.1f}"]

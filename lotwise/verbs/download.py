"""``lotwise download``: public datasets from their official homes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.terminal import out, progress_bars

app = typer.Typer()


@app.command(epilog="Example: lotwise download cnr-ext --out data/cnr_ext")
def download(
    name: Annotated[str, typer.Argument(help="cnr-ext")],
    folder: Annotated[Path, typer.Option("--out", help="Where it goes.")] = Path("data/cnr_ext"),
    parts: Annotated[str, typer.Option(help="frames, slots, labels.")] = "frames,slots,labels",
) -> None:
    """Fetch a public dataset from its official home; goes on where it was cut off."""
    from lotwise.datasets.download import download_cnr_ext

    if name != "cnr-ext":
        raise InputError(f"{name}: no such dataset to download; there is cnr-ext")
    with progress_bars() as progress:
        download_cnr_ext(
            folder,
            tuple(part.strip() for part in parts.split(",")),
            progress,
        )
    out.print(f"CNR-EXT is in {folder}; next: lotwise adapt --dataset cnr-ext --root {folder}")

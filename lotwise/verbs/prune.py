"""``lotwise prune``: delete old bundles."""

from __future__ import annotations

from typing import Annotated

import typer

from lotwise.options import Bundles, Camera
from lotwise.terminal import out
from lotwise.verbs.bundles import registries

app = typer.Typer()


@app.command(epilog="Example: lotwise prune runs/lot --keep 3")
def prune(
    place: Bundles,
    keep: Annotated[int, typer.Option(min=0, help="Newest bundles of each camera to keep.")] = 3,
    camera: Camera = None,
) -> None:
    """Delete old bundles; never one that is live, was live before, or is being tried."""
    for name, registry in registries(place, camera).items():
        gone = registry.prune(keep)
        out.print(f"{name}: {len(gone)} deleted{': ' if gone else ''}{', '.join(gone)}")

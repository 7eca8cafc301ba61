"""``lotwise rollback``: back to the bundle that was live before."""

from __future__ import annotations

from typing import Annotated

import typer

from lotwise.options import Bundles, Camera
from lotwise.terminal import out
from lotwise.verbs.bundles import one_registry

app = typer.Typer()


@app.command(epilog="Example: lotwise rollback runs/lot --camera entrance --why 'misses the far row'")
def rollback(
    place: Bundles,
    camera: Camera = None,
    why: Annotated[str, typer.Option(help="Kept with the bundle that is given up.")] = "by hand",
) -> None:
    """Make the bundle live again that was so before."""
    name, registry = one_registry(place, camera)
    out.print(f"{name}: {registry.roll_back(why)} is live again")

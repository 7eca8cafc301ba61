"""``lotwise promote``: make a bundle live."""

from __future__ import annotations

from typing import Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import Bundles, Camera, Identity
from lotwise.terminal import out
from lotwise.verbs.bundles import one_registry

app = typer.Typer()


@app.command(epilog="Example: lotwise promote runs/lot 0123 --camera entrance --shadow")
def promote(
    place: Bundles,
    identity: Identity,
    camera: Camera = None,
    shadow: Annotated[bool, typer.Option("--shadow", help="Run it beside the live one first.")] = False,
    no_probation: Annotated[
        bool, typer.Option("--no-probation", help="Do not roll back by itself in the first minutes.")
    ] = False,
) -> None:
    """Make a bundle live; a running node swaps it in at its next frame, watches it, and rolls back if it disagrees."""
    if shadow and no_probation:
        raise InputError("--shadow and --no-probation: give one of the two")
    name, registry = one_registry(place, camera)
    whole = registry.resolve(identity)
    if shadow:
        registry.start_shadow(whole, again=True)
        out.print(f"{name}: {whole} runs in the shadow of the live one from now on")
    else:
        registry.promote(whole, probation=not no_probation)
        out.print(f"{name}: {whole} is live")

"""What ``--healthy`` says, of a node and of a hub."""

from __future__ import annotations

import typer

from lotwise.exit_codes import UNHEALTHY
from lotwise.terminal import err, out


def say_health(why_not: str | None) -> None:
    """Say that it is well; where it is not, why, with an exit code for whoever restarts it."""
    if why_not is not None:
        err.print(f"unhealthy: {why_not}")
        raise typer.Exit(UNHEALTHY)
    out.print("healthy")

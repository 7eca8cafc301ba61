"""``lotwise hub backup`` and ``lotwise hub restore``: a hub in one file, and a hub made anew from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.terminal import out
from lotwise.verbs.hub_shared import DEFAULT, HubFileOption

BackupFile = Annotated[Path, typer.Argument(metavar="FILE", help="Tar file of the backup.")]


def add_backup(hub: typer.Typer) -> None:
    """Add both commands to a group."""
    hub.command(epilog="Example: lotwise hub backup /backups/hub.tar --hub /etc/lotwise/hub.yaml")(backup)
    hub.command(epilog="Example: lotwise hub restore /backups/hub.tar --hub hub.yaml")(restore)


def backup(
    target: BackupFile,
    frames: Annotated[
        bool, typer.Option("--with-frames/--without-frames", help="Whether received frames are in it.")
    ] = True,
    file: HubFileOption = DEFAULT,
) -> None:
    """Write tables, key, frames and students into one file, which is secret. The hub may run meanwhile."""
    from lotwise.hub.backup.backup import back_up
    from lotwise.hub.reading import read_hub

    made = back_up(read_hub(file), target, frames)
    out.print(f"{made.file}: {made.bytes / 1e6:.1f} MB, {made.rows} rows, {made.files} files, the hub's key among them")


def restore(source: BackupFile, file: HubFileOption = DEFAULT) -> None:
    """Make data folder and tables anew from a backup, where nothing is yet. Nodes go on without enrolling."""
    from lotwise.hub.backup.restore import restore as made_anew
    from lotwise.hub.reading import read_hub

    done = made_anew(read_hub(file), source)
    out.print(f"restored as of {done.made}: {done.nodes} nodes, {done.frames} frames")
    if done.lost:
        out.print(f"{done.lost} frames are not in the backup; nodes may send again what was not learned from yet")

"""``lotwise metadata``: what may leave a camera whose frames stay on it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotwise.options import Background, JsonFile
from lotwise.terminal import out, plain_table, print_table, progress_bars, write_json

app = typer.Typer()


@app.command(epilog="Example: lotwise metadata runs/lot --background channels")
def metadata(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder of lotwise label or lotwise adapt.")],
    background: Background = None,
    settings: Annotated[
        Path | None, typer.Option(help="YAML file with settings under synthesis.metadata; docs/settings.md lists them.")
    ] = None,
    as_json: JsonFile = None,
) -> None:
    """Metadata of each camera, for lotwise dream: no frame is in them; says what can be read back, and the bytes."""
    from lotwise.students.pipeline.adapt import tell_metadata
    from lotwise.students.pipeline.run import Run
    from lotwise.students.pipeline.settings_file import read_synthesis
    from lotwise.students.synthesis.metadata_file import READABLE, part_bytes, read_metadata

    asked = read_synthesis(settings, {"metadata": {"background": background}}).metadata
    with progress_bars() as progress:
        written = tell_metadata(Run(folder), asked, progress)
    rows, told = [], []
    for camera, path in written.items():
        found = read_metadata(path)
        size, parts = path.stat().st_size, part_bytes(found)
        rows += [(camera, part, str(count), READABLE[part]) for part, count in parts.items()]
        rows.append((camera, "whole file", str(size), f"of {found.header.frames} frames: {path}"))
        told.append({"camera": camera, "file": str(path), "bytes": size, "parts": parts, "frames": found.header.frames})
    print_table(plain_table(("camera", "part", "bytes", "what can be read back"), rows))
    out.print("Elsewhere: lotwise dream FOLDER --metadata FILE; back here: lotwise export --run RUN --dreamed FOLDER")
    write_json(as_json, told)

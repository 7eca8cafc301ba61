"""``lotwise init``: a site file from a list of cameras."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from lotwise.terminal import err, out, plain_table, print_notes, print_table

app = typer.Typer()


@app.command(
    epilog="Examples: lotwise init lot/site.yaml rtsp://viewer:secret@10.0.0.11/stream1 roof=frames/roof lot.mp4   ·   "
    "lotwise init lot/site.yaml http://10.0.0.12/snapshot.jpg   (adds a camera)"
)
def init(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="Site file to write, or to add cameras to.")],
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="Addresses (rtsp://, http://), folders of pictures, videos, or /dev/video0; ID=SOURCE gives a camera "
            "its id. A password in an address is not written."
        ),
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the site; that of its folder where not given.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Write the site file anew where there is one.")] = False,
    discover: Annotated[
        bool, typer.Option("--discover", help="Also ask the local network for ONVIF cameras, and list them.")
    ] = False,
    limit_s: Annotated[
        float, typer.Option("--limit", min=1, max=600, help="Seconds within which a source must give a picture.")
    ] = 20.0,
) -> None:
    """Look at each source, write a site file with comments, and keep a picture of each beside it."""
    if discover:
        _list_onvif(site)
        if not sources and (force or not site.exists()):
            return
    from lotwise.cameras.new_site.new_site import write_new_site
    from lotwise.cameras.new_site.site_text import RUNS

    def begun(count: int) -> None:
        if count:
            err.print(f"looking at {count} source{'s' if count > 1 else ''}, at most {limit_s:g} s")

    done = write_new_site(site, sources or [], name, force, limit_s, begun)
    rows = [[one.camera, one.probed.words, _near(one.picture)] for one in done.added]
    if rows:
        print_table(plain_table(("camera", "what it gave", "picture"), rows))
    print_notes([f"{source}: is there already, as {camera}" for source, camera in done.known.items()])
    missing = [one.camera for one in done.added if one.picture is None]
    print_notes([f"{camera}: gave no picture; it is written all the same, to be tried again" for camera in missing])
    total = len(done.added) + len(done.others)
    out.print(f"{site}: {total} camera{'s' if total > 1 else ''}, {len(done.added)} new")
    variables = [one.variable for one in done.added if one.variable]
    if variables:
        out.print(f"passwords are not in it; set before lotwise runs: {', '.join(variables)}")
    run = site.parent / RUNS / site.stem
    out.print(f"next: lotwise collect {site}, lotwise adapt {site} --out {run}, lotwise run {site} --check")


def _list_onvif(site: Path) -> None:
    from lotwise.cameras.new_site.onvif import discover

    found = discover()
    if not found:
        print_notes(["no ONVIF camera answered; cameras beyond a router do not hear the question"])
        return
    print_table(plain_table(("ONVIF camera", "hardware", "address"), [[c.name, c.hardware, c.host] for c in found]))
    out.print(
        "the address of its stream stands on a camera's own page or in its manual; add it with "
        f"lotwise init {site} rtsp://USER:PASSWORD@{found[0].host}/…"
    )


def _near(path: Path | None) -> str:
    return "-" if path is None else os.path.relpath(path)

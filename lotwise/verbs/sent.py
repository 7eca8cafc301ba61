"""``lotwise sent``: the frames that left a node for its hub."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import JsonFile, SiteFile
from lotwise.terminal import out, plain_table, print_table, write_json

if TYPE_CHECKING:
    from lotwise.cameras.site.settings import Site
    from lotwise.node.hub.ledger import Entry

app = typer.Typer()


@app.command(epilog="Examples: lotwise sent site.yaml   ·   lotwise sent site.yaml --camera yard --since 2026-03-01")
def sent(
    site: SiteFile,
    camera: Annotated[str | None, typer.Option(help="Only frames of this camera.")] = None,
    since: Annotated[str | None, typer.Option(help="Only what left on this day or later: YYYY-MM-DD.")] = None,
    as_json: JsonFile = None,
) -> None:
    """The ledger of a node: each frame that left it for its hub, when, why, and how many bytes of the day's budget."""
    from lotwise.cameras.site.frames import chosen_cameras
    from lotwise.cameras.site.reading import read_site
    from lotwise.node.hub.ledger import LEDGER, read_ledger

    path = site.resolve()
    read = read_site(path)
    chosen_cameras(read, path, (camera,) if camera else None)
    try:
        day = None if since is None else date.fromisoformat(since)
    except ValueError:
        raise InputError(f"--since {since}: no day; give it as YYYY-MM-DD") from None
    entries = read_ledger(read.state / "hub" / LEDGER, camera, day)
    if entries:
        print_table(plain_table(("left", "camera", "file", "bytes", "state", "why"), [_row(one) for one in entries]))
    out.print(_summary(read, entries))
    write_json(as_json, [one.as_json() for one in entries])


def _row(entry: Entry) -> tuple[str, ...]:
    frame = entry.frame
    why = ", ".join(frame.why) + (f" ({entry.said})" if entry.said else "")
    return f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}", frame.camera, frame.file, str(frame.bytes), entry.state, why


def _summary(site: Site, entries: Sequence[Entry]) -> str:
    size = sum(one.frame.bytes for one in entries) / 1e6
    count = sum(one.state == "sent" for one in entries)
    told = f"{count} frames sent, {size:.1f} MB in all"
    if site.hub is None:
        return f"{told}; the site file names no hub"
    if not site.hub.frames.allow:
        return f"{told}; none may leave now, as hub.frames.allow is false"
    today = datetime.now(site.schedule.zone).date()
    used = sum(one.frame.bytes for one in entries if one.day == today) / 1e6
    return f"{told}; today {used:.1f} of {site.hub.frames.mb_a_day:g} MB"

"""``lotwise history``: how full the places were, and who stood how long."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lotwise.datasets.errors import InputError
from lotwise.options import JsonFile
from lotwise.terminal import out, plain_table, print_table, write_text

if TYPE_CHECKING:
    from lotwise.cameras.site.settings import Site
    from lotwise.node.history.site_history import SiteHistory
    from lotwise.node.history.tables import RowOf

app = typer.Typer()

SHOWN_ROWS = 60
"""Rows of a table on the terminal; files have all."""


class By(StrEnum):
    """What a row of the table is."""

    camera = "camera"
    row = "row"
    slot = "slot"
    hour = "hour"
    weekday = "weekday"
    stay = "stay"
    agreement = "agreement"


@app.command(
    epilog="Examples: lotwise history site.yaml --from 2026-11-01 --to 2026-12-01 --by row --csv rows.csv   ·   "
    "lotwise history site.yaml --from 1d --by stay --json-lines stays.jsonl   ·   "
    "lotwise history site.yaml --known   ·   lotwise history site.yaml --erase-before 90d"
)
def history(
    site: Annotated[Path, typer.Argument(help="Site file of a node that has run, or runs.")],
    start: Annotated[
        str, typer.Option("--from", help="Date, time, or how long ago: 2026-11-01, 2026-11-01T08:00, 7d.")
    ] = "7d",
    end: Annotated[str, typer.Option("--to", help="The same, or now.")] = "now",
    by: Annotated[By, typer.Option(help="What a row of the table and of the CSV is.")] = By.camera,
    camera: Annotated[str | None, typer.Option(help="Only this camera's slots.")] = None,
    row: Annotated[str | None, typer.Option(help="Only slots of this row.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the table as CSV.")] = None,
    as_json: JsonFile = None,
    json_lines: Annotated[Path | None, typer.Option(help="Write the table as JSON, one object a line.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the week, hour by hour, as SVG.")] = None,
    erase_before: Annotated[
        str | None, typer.Option(help="Delete all events and boxes before this time for good; the node must not run.")
    ] = None,
    known: Annotated[
        bool, typer.Option("--known", help="Tell instead how well it is known where cars stand on each slot.")
    ] = False,
) -> None:
    """How full the places were, by camera, row, slot, hour or weekday, and all stays. Unknown time is never free.

    By agreement: how often cameras that see the same places said something else of them.
    """
    from lotwise.cameras.site.reading import read_site
    from lotwise.node.history.heat_map import heat_map
    from lotwise.node.history.range import parse_moment
    from lotwise.node.history.site_history import site_history
    from lotwise.node.history.tables import as_csv, as_json_lines, table_of
    from lotwise.node.history.tables import as_json as everything
    from lotwise.node.state_folder import HEARTBEAT_FILE, JOURNAL

    settings = read_site(site.resolve())
    zone, now = settings.schedule.zone, datetime.now(UTC)
    journal = settings.state / JOURNAL
    if erase_before is not None:
        _erase(settings, journal, parse_moment(erase_before, zone, now, "--erase-before"))
        return
    if known:
        _print_known(settings, site, camera, as_json)
        return
    if not journal.is_file():
        raise InputError(f"{journal}: there is no history; run the node first: lotwise run {site}")
    if camera is not None and camera not in settings.cameras:
        raise InputError(f"{site}: no camera {camera}; there are {', '.join(settings.cameras)}")
    first, last = parse_moment(start, zone, now, "--from"), parse_moment(end, zone, now, "--to")
    if first >= last:
        raise InputError(f"--from {start}: is not before --to {end}; give an earlier time")
    heartbeat = settings.state / HEARTBEAT_FILE
    held = datetime.fromtimestamp(heartbeat.stat().st_mtime, UTC) if heartbeat.is_file() else first
    found = site_history(settings, journal, first, last, held, camera, row)
    rows = table_of(found, by.value, zone)
    _print(found, rows, by, first.astimezone(zone), last.astimezone(zone))
    if csv is not None:
        write_text(csv, as_csv(rows))
    if json_lines is not None:
        write_text(json_lines, as_json_lines(rows))
    if plot is not None:
        title = f"{settings.name}, {first.astimezone(zone):%d %b %Y} to {last.astimezone(zone):%d %b %Y}"
        write_text(plot, heat_map(found.use.week, title) + "\n")
    if as_json is not None:
        write_text(as_json, json.dumps(everything(found, zone)) + "\n")


def _erase(site: Site, journal: Path, moment: datetime) -> None:
    from lotwise.node.history.erasing import erase_before, erase_boxes_before
    from lotwise.node.lock import StateLock

    lock = StateLock(site.state)
    try:
        count = erase_before(journal, moment)
        frames = sum(erase_boxes_before(site.seen_boxes_file(camera), moment) for camera in site.cameras)
    finally:
        lock.close()
    boxes = f" and the boxes of {frames} frames" if frames else ""
    out.print(f"{count} events{boxes} before {moment.isoformat(timespec='seconds')} erased: {journal}")


def _print_known(site: Site, path: Path, camera: str | None, as_json: Path | None) -> None:
    from dataclasses import asdict

    from lotwise.cameras.slots.slot_knowledge import WORDS, knowledge_words
    from lotwise.node.history.known_slots import known_slots

    if camera is not None and camera not in site.cameras:
        raise InputError(f"{path}: no camera {camera}; there are {', '.join(site.cameras)}")
    found = {name: known_slots(site, name) for name in site.cameras if camera in (None, name)}
    rows = [
        (name, slot, WORDS[one.known], f"{one.seen} of {one.frames}")
        for name, slots in found.items()
        for slot, one in slots.items()
    ]
    if rows:
        print_table(plain_table(("camera", "slot", "where cars stand", "frames with a car"), rows[:SHOWN_ROWS]))
    if len(rows) > SHOWN_ROWS:
        out.print(f"… and {len(rows) - SHOWN_ROWS} more; --json has all")
    for name, slots in found.items():
        out.print(f"{name}: {knowledge_words(slots) or 'no slots'}")
    if as_json is not None:
        content = {name: {slot: asdict(one) for slot, one in slots.items()} for name, slots in found.items()}
        write_text(as_json, json.dumps(content) + "\n")


def _print(found: SiteHistory, rows: list[RowOf], by: By, first: datetime, last: datetime) -> None:
    from lotwise.node.time_words import duration_words

    if rows:
        shown = [[_shown(name, value) for name, value in one.items()] for one in rows[:SHOWN_ROWS]]
        heads = [_head(name) for name in rows[0]]
        print_table(plain_table(heads, shown))
    elif by is By.agreement:
        out.print("nothing was compared: no cameras share places (shared_slots in the site file), or not for an hour")
    if len(rows) > SHOWN_ROWS:
        out.print(f"… and {len(rows) - SHOWN_ROWS} more; --csv and --json have all")
    lot = found.use.lot
    full = "nothing is known" if lot.occupied_share is None else f"{lot.occupied_share:.1%} occupied"
    known = "" if lot.known_share is None else f", {lot.known_share:.1%} of the time known"
    mean_s = found.stays.mean_s
    lasted = "" if mean_s is None else f", {duration_words(mean_s)} on average"
    out.print(
        f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} ({found.zone}): {full}{known}; "
        f"{len(found.stays)} stays{lasted}"
    )


def _head(name: str) -> str:
    return name.removesuffix("_s").removesuffix("_share").replace("_", " ") + (" %" if name.endswith("_share") else "")


def _shown(name: str, value: str | float | bool | None) -> str:
    if value is None:
        return "-"
    if name == "camera" and value == "":
        return "several"
    if isinstance(value, bool | str):
        return {"True": "yes", "False": "no"}.get(str(value), str(value))
    if name.endswith("_share"):
        return f"{value:.1%}"
    if name == "hour":
        return f"{value:.0f}:00"
    return f"{value / 3600:.1f} h" if name.endswith("_s") else f"{value:g}"

"""A site's history over a range of time: all that ``lotwise history``, the node's page and its API tell of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from lotwise.cameras.site.bays import Bay, bay_of
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.slot_file import read_slot_entries
from lotwise.datasets.errors import InputError
from lotwise.node.history.recorded import cameras_of, event_numbers, recorded
from lotwise.node.history.stays import Stay, by_begin, stays
from lotwise.node.history.timeline import DEFAULT_BRIDGE_S, timeline
from lotwise.node.history.utilisation import Utilisation, together, utilisation


@dataclass(frozen=True)
class SiteHistory:
    """Use and stays of a range of time.

    Attributes:
        zone: name of the time zone of hours and weekdays.
        bays: what holds for each slot, by camera and slot id.
    """

    start: datetime
    end: datetime
    zone: str
    use: Utilisation
    stays: Sequence[Stay]
    bays: Mapping[tuple[str, str], Bay]


def site_zone(site: Site) -> tzinfo | None:
    """The time zone of the site's hours; None for the machine's."""
    name = site.schedule.timezone
    return None if name is None else ZoneInfo(name)


def site_history(
    site: Site,
    journal: Path,
    start: datetime,
    end: datetime,
    held: datetime,
    camera: str | None = None,
    row: str | None = None,
) -> SiteHistory:
    """Read a site's journal.

    Args:
        site: with absolute paths.
        journal: the node's database; the node may run.
        start: of the range, with time zone.
        end: of the range.
        held: until when the last states are known to have held.
        camera: only its slots.
        row: only slots of rows of this name.

    Raises:
        InputError: the journal cannot be read.
    """
    zone, rows = site_zone(site), slot_rows(site)
    bays: dict[tuple[str, str], Bay] = {}
    uses, every = [], []
    # One camera after the other: all pieces of a month at once would take a node's memory.
    numbers = event_numbers(journal, start, end)
    for name in [camera] if camera is not None else cameras_of(journal):
        bridge_s = site.settings_of(name).hysteresis.bridge_s if name in site.cameras else DEFAULT_BRIDGE_S
        found = timeline(recorded(journal, start, end, name, numbers=numbers), held, bridge_s)
        of_camera = {key: bay_of(site.bays, *key, rows.get(key)) for key in found.pieces}
        if row is not None:
            of_camera = {key: bay for key, bay in of_camera.items() if bay.row == row}
            found = found.only(of_camera.keys())
        bays.update(of_camera)
        uses.append(utilisation(found, start, end, zone, lambda camera, slot: bays[camera, slot].row))
        every += stays(found, start, end)
    return SiteHistory(
        start,
        end,
        site.schedule.timezone or str(datetime.now(UTC).astimezone().tzname()),
        together(uses),
        sorted(every, key=by_begin),
        bays,
    )


def slot_rows(site: Site) -> dict[tuple[str, str], str]:
    """Rows that slot files name, by camera and slot id; what cannot be read names none."""
    rows: dict[tuple[str, str], str] = {}
    for name, camera in site.cameras.items():
        try:
            entries = read_slot_entries(camera.slots) if camera.slots is not None else ()
        except InputError:
            continue
        rows |= {(name, entry.id): entry.row for entry in entries if entry.row}
    return rows

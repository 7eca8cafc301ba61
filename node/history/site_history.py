"""A site's history over a range of time: all that ``lotwise history``, the node's page and its API tell of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lotwise.cameras.site.bays import Bay, bay_of, bay_of_place
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.shared_slots import SharedSlots, shared_slots
from lotwise.cameras.site.slot_storage import slot_storage
from lotwise.datasets.errors import InputError
from lotwise.node.history.agreement import Compared, agreement
from lotwise.node.history.recorded import recorded
from lotwise.node.history.stays import Stays, stays
from lotwise.node.history.timeline import timeline
from lotwise.node.history.utilisation import Utilisation, utilisation
from lotwise.node.place import SITE


@dataclass(frozen=True)
class SiteHistory:
    """Use and stays of a range of time.

    Attributes:
        zone: name of the time zone of hours and weekdays.
        bays: what holds for each slot, by camera and slot id; of a place that several cameras see, by no camera and
            its name.
        agreement: how each camera agreed with others that see the same places.
    """

    start: datetime
    end: datetime
    zone: str
    use: Utilisation
    stays: Stays
    bays: Mapping[tuple[str, str], Bay]
    agreement: Sequence[Compared]


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
        camera: only its slots, as it sees them; else each place of the lot once.
        row: only slots of rows of this name.

    Raises:
        InputError: the journal cannot be read.
    """
    bridge_s = {name: site.settings_of(name).hysteresis.bridge_s for name in site.cameras}
    bridge_s[SITE] = site.hysteresis.bridge_s
    rule = shared_slots(site.shared_slots, site.cameras)
    read = recorded(journal, start, end, camera)
    found = timeline(read, held, bridge_s)
    if camera is None and rule:
        # Of the time before they were shared: their places have a history of their own since.
        found = found.only([key for key in found.pieces if rule.place_of(*key) is None])
    bays = _bays(site, rule, read.present, found.pieces)
    if row is not None:
        bays = {key: bay for key, bay in bays.items() if bay.row == row}
        found = found.only(bays.keys())
    return SiteHistory(
        start,
        end,
        site.schedule.timezone or str(datetime.now(UTC).astimezone().tzname()),
        utilisation(found, start, end, site.schedule.zone, lambda name, slot: bays[name, slot].row),
        stays(found, start, end),
        bays,
        agreement(journal, start, end, site.cameras if camera is None else [camera]),
    )


def _bays(
    site: Site, rule: SharedSlots, present: Mapping[str, Iterable[str]], keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Bay]:
    rows = slot_rows(site)
    seen_as: dict[str, dict[str, str]] = {}
    for camera, slots in present.items():
        for slot in slots:
            if (place := rule.place_of(camera, slot)) is not None:
                seen_as.setdefault(place, {})[camera] = slot
    return {
        key: bay_of_place(site.bays, key[1], seen_as.get(key[1], {SITE: key[1]}), rows)
        if key[0] == SITE
        else bay_of(site.bays, *key, rows.get(key))
        for key in keys
    }


def slot_rows(site: Site) -> dict[tuple[str, str], str]:
    """Rows that slot files name, by camera and slot id; what cannot be read names none."""
    rows: dict[tuple[str, str], str] = {}
    for name in site.cameras:
        file = slot_storage(site, name).read
        if file is None:
            continue
        from lotwise.cameras.site.slot_file import read_slot_entries  # with the readers of all formats

        try:
            entries = read_slot_entries(file)
        except InputError:
            continue
        rows |= {(name, entry.id): entry.row for entry in entries if entry.row}
    return rows

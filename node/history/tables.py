"""History as tables and files: rows of plain values, the same for a terminal, CSV, JSON and JSON lines."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Literal, get_args

from lotwise.cameras.site.bays import Bay
from lotwise.node.history.local_times import LocalTimes
from lotwise.node.history.site_history import SiteHistory
from lotwise.node.history.stays import Stay
from lotwise.node.history.utilisation import WEEKDAYS, Use

By = Literal["camera", "row", "slot", "hour", "weekday", "stay", "agreement"]
Value = str | float | bool | None
RowOf = dict[str, Value]


def table_of(history: SiteHistory, by: By, zone: tzinfo | None) -> list[RowOf]:
    """Rows of one table; shares are 0..1, times ISO 8601 in the zone with its offset."""
    use = history.use
    match by:
        case "camera":
            return [{"camera": name, **_use(one)} for name, one in use.cameras.items()]
        case "row":
            return [{"camera": camera, "row": row, **_use(one)} for (camera, row), one in use.rows.items()]
        case "slot":
            return [
                {
                    "camera": camera,
                    "slot": slot,
                    "row": history.bays[camera, slot].row,
                    "kind": history.bays[camera, slot].kind,
                    **_use(one),
                }
                for (camera, slot), one in use.slots.items()
            ]
        case "hour":
            return [{"hour": float(hour), **_use(one)} for hour, one in enumerate(use.hours)]
        case "weekday":
            return [{"weekday": name, **_use(one)} for name, one in zip(WEEKDAYS, use.weekdays, strict=True)]
        case "stay":
            times = LocalTimes(zone)
            return [stay_row(stay, history.bays[stay.camera, stay.slot], times) for stay in history.stays]
        case "agreement":
            return [
                {
                    "camera": one.camera,
                    "compared": one.compared,
                    "differed": one.differed,
                    "differed_share": round(one.differed_share, 4),
                }
                for one in history.agreement
            ]


def stay_row(stay: Stay, bay: Bay, times: LocalTimes) -> RowOf:
    """One stay, on a slot of which ``bay`` holds."""
    return {
        "camera": stay.camera,
        "slot": stay.slot,
        "row": bay.row,
        "kind": bay.kind,
        "from": times.text(stay.start_us),
        "to": None if stay.end_us is None else times.text(stay.end_us),
        "occupied_s": round(stay.occupied_s, 3),
        "unknown_s": round(stay.unknown_s, 3),
        "begin": stay.begin,
        "end": stay.ended,
        "sure": stay.sure,
        "score": round(stay.score, 4),
        "max_stay_s": bay.max_stay_s,
        "over_s": None if bay.max_stay_s is None else round(max(0.0, stay.occupied_s - bay.max_stay_s), 3),
    }


def as_json(history: SiteHistory, zone: tzinfo | None) -> dict[str, object]:
    """Everything, for ``--json``."""
    tables: tuple[By, ...] = get_args(By)
    return {
        "from": _local(history.start, zone),
        "to": _local(history.end, zone),
        "timezone": history.zone,
        "lot": _use(history.use.lot),
        **{f"{by}s": table_of(history, by, zone) for by in tables},
    }


def as_csv(rows: Sequence[Mapping[str, Value]]) -> str:
    """Rows as CSV with a header; no value is "", so a missing one is left out. Nothing where there are no rows."""
    text = io.StringIO()
    if rows:
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows([_plain(value) for value in row.values()] for row in rows)
    return text.getvalue()


def as_json_lines(rows: Iterable[Mapping[str, object]]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _use(use: Use) -> RowOf:
    return {
        "free_s": round(use.free_s, 3),
        "occupied_s": round(use.occupied_s, 3),
        "unknown_s": round(use.unknown_s, 3),
        "occupied_share": None if use.occupied_share is None else round(use.occupied_share, 4),
        "known_share": None if use.known_share is None else round(use.known_share, 4),
    }


def _local(time: datetime, zone: tzinfo | None) -> str:
    return time.astimezone(zone).isoformat(timespec="seconds")


def _plain(value: Value) -> Value:
    # A spreadsheet runs a text that begins so as a formula; ids come from slot files of others.
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t")):
        return f"'{value}"
    return "" if value is None else value

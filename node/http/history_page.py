"""The page of the past: how full the places were, hour by hour, and by camera and row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from markupsafe import Markup

from lotwise.node.history.heat_map import heat_map
from lotwise.node.history.site_history import SiteHistory
from lotwise.node.history.utilisation import WEEKDAYS, Use
from lotwise.node.http.page import STYLE, TEMPLATES, digest
from lotwise.node.time_words import duration_words

POLICY = (
    f"default-src 'none'; img-src 'self' data:; style-src {digest(STYLE)}; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content security policy: no script at all."""
RANGES = {1: "day", 7: "week", 30: "month", 90: "three months"}
"""Days back that the page offers."""


SEVERAL = "several"
"""In place of a camera: of places that several see."""


@dataclass(frozen=True)
class UseRow:
    """One line of a table: shares as words, and the part of the bar that is full."""

    names: tuple[str, ...]
    occupied: str
    known: str
    full: float


@dataclass(frozen=True)
class Facts:
    """The figures at the top."""

    occupied: str
    known: str
    stays: int
    mean: str
    too_long: int


def history_page(site: str, history: SiteHistory, days: int, zone: tzinfo | None) -> str:
    """The whole page."""
    title = f"{_day(history.start, zone)} to {_day(history.end, zone)}"
    return TEMPLATES.get_template("history.html").render(
        site=site,
        title=title,
        days=days,
        ranges=RANGES,
        zone=history.zone,
        facts=_facts(history),
        rows=[_row(names, use) for names, use in history.use.rows.items()],
        cameras=[_row((name,), use) for name, use in history.use.cameras.items()],
        weekdays=_weekdays(history.use.weekdays),
        # Made here of numbers and fixed words; the title in it is escaped.
        week=Markup(heat_map(history.use.week, title)),  # noqa: S704
        style=Markup(STYLE),  # noqa: S704
    )


def _facts(history: SiteHistory) -> Facts:
    every = history.stays
    mean = "" if every.mean_s is None else duration_words(every.mean_s)
    lot = history.use.lot
    too_long = every.longer_than([history.bays[key].max_stay_s for key in every.keys])
    return Facts(_percent(lot.occupied_share), _percent(lot.known_share), len(every), mean, too_long)


def _row(names: tuple[str, ...], use: Use) -> UseRow:
    first, *rest = names
    full = use.occupied_share or 0.0
    return UseRow((first or SEVERAL, *rest), _percent(use.occupied_share), _percent(use.known_share), full)


def _weekdays(uses: Sequence[Use]) -> list[UseRow]:
    named: Mapping[str, Use] = dict(zip(WEEKDAYS, uses, strict=True))
    return [_row((name,), use) for name, use in named.items()]


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _day(moment: datetime, zone: tzinfo | None) -> str:
    return f"{moment.astimezone(zone):%d %b %Y}"

"""The week as a picture: how full the places were at each hour of each weekday. An SVG without scripts or styles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lotwise.node.history.utilisation import WEEKDAYS, Use

CELL_W, CELL_H, LEFT, TOP = 26, 22, 40, 20
"""Sizes in units of the picture."""
MIN_KNOWN = 0.1
"""Share of an hour that must be known for its figure to be shown; else it would be that of a few minutes."""
_LOW, _HIGH = (236, 244, 250), (12, 74, 122)
"""Colours (RGB) of empty and full. One hue from light to dark, which eyes that see no red or green tell apart too."""


def heat_map(week: Sequence[Sequence[Use]], title: str) -> str:
    """An SVG of 7 x 24 fields; hours that nobody saw are hatched, never shown as empty."""
    width, height = LEFT + 24 * CELL_W + 2, TOP + 7 * CELL_H + 34
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-size="10" '
            f'font-family="sans-serif"><title>{_escaped(title)}</title>',
            '<defs><pattern id="unseen" width="6" height="6" patternUnits="userSpaceOnUse"><path d="M0 6L6 0" '
            'stroke="#9a9a9a"/></pattern></defs>',
            *_hours(),
            *(line for day, uses in enumerate(week) for line in _day(day, uses)),
            *_legend(),
            "</svg>",
        ]
    )


def _hours() -> Iterator[str]:
    for hour in range(0, 24, 3):
        yield f'<text x="{LEFT + hour * CELL_W + 2}" y="14" fill="currentColor">{hour}:00</text>'


def _day(day: int, uses: Sequence[Use]) -> Iterator[str]:
    y = TOP + day * CELL_H
    yield f'<text x="2" y="{y + 15}" fill="currentColor">{WEEKDAYS[day][:3]}</text>'
    for hour, use in enumerate(uses):
        share, known = use.occupied_share, use.known_share
        shown = share is not None and known is not None and known >= MIN_KNOWN
        fill = _colour(share) if shown and share is not None else "url(#unseen)"
        words = f"{share:.0%} occupied" if shown else "not known"
        yield (
            f'<rect x="{LEFT + hour * CELL_W}" y="{y}" width="{CELL_W - 1}" height="{CELL_H - 1}" fill="{fill}">'
            f"<title>{WEEKDAYS[day]} {hour}:00 to {hour + 1}:00: {words}</title></rect>"
        )
        if shown and share is not None:
            ink = "#ffffff" if share > 0.45 else "#10293c"
            yield (
                f'<text x="{LEFT + hour * CELL_W + CELL_W // 2}" y="{y + 15}" text-anchor="middle" fill="{ink}">'
                f"{share * 100:.0f}</text>"
            )


def _legend() -> Iterator[str]:
    y = TOP + 7 * CELL_H + 12
    for step in range(11):
        yield f'<rect x="{LEFT + step * 14}" y="{y}" width="14" height="12" fill="{_colour(step / 10)}"/>'
    yield f'<text x="{LEFT + 162}" y="{y + 10}" fill="currentColor">0 to 100 % of the known time occupied</text>'
    yield f'<rect x="{LEFT + 380}" y="{y}" width="14" height="12" fill="url(#unseen)"/>'
    yield f'<text x="{LEFT + 400}" y="{y + 10}" fill="currentColor">not known</text>'


def _colour(share: float) -> str:
    red, green, blue = (round(low + (high - low) * share) for low, high in zip(_LOW, _HIGH, strict=True))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")

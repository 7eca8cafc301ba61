"""The operators' page: what is free, what is unknown and why, and what the cameras see. No other file, no network."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from html import escape
from urllib.parse import quote

from lotwise.cameras.slots.state import SlotNow
from lotwise.node.http.page_style import SCRIPT, STYLE
from lotwise.node.state import CameraNow, Counts, Event, NodeNow, lot_slots
from lotwise.node.wording import cause, duration_words, local_time, reason

CHANGES_SHOWN = 12
"""Number of last changes shown."""
PICTURE_WIDTH_PX = 720
"""Width of the pictures on the page: twice the 340 px of a card, for screens with two pixels a point."""
ACCEPTABLE_VERDICTS = ("moved", "blocked")
"""Verdicts that an operator may overrule: the camera was turned on purpose, or something was built before it."""


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src {_hash(STYLE)}; "
    f"script-src {_hash(SCRIPT)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content security policy under which the page works: nothing runs in it but its own script."""


def page(now: NodeNow, changes: Sequence[Event], stuck: str | None) -> str:
    """The whole page; without scripts it loads itself anew every ten seconds.

    Args:
        now: the node.
        changes: the newest events, newest first.
        stuck: why the node's loop hangs, if it does.
    """
    lot = lot_slots(now)
    counts = Counts.of(lot)
    cameras = "".join(_camera(camera) for camera in now.cameras.values())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{counts.free} free: {escape(now.site)}</title>
<link rel="icon" href="data:,">
<style>{STYLE}</style>
<noscript><meta http-equiv="refresh" content="10"></noscript>
</head>
<body>
<div id="lost" role="alert"></div>
<main>
<header><h1>{escape(now.site)}</h1><p class="soft" data-part="local_time">{local_time(datetime.now(UTC))}</p></header>
<section class="hero" data-part="lot">{_lot(counts)}</section>
<ul class="alarms" data-part="alarms">{_alarms(now, stuck)}</ul>
<h2>Cameras</h2>
<div class="cameras">{cameras}</div>
<section data-part="unknown">{_unknown(now, lot)}</section>
<section data-part="changes">{_changes(changes)}</section>
<footer class="soft" data-part="node">Running since {local_time(now.started)}.
<a href="api/v1/state">JSON</a> · <a href="metrics">metrics</a> · <a href="openapi.json">interface</a></footer>
</main>
<script>{SCRIPT}</script>
</body>
</html>
"""


def _lot(counts: Counts) -> str:
    total = counts.free + counts.occupied + counts.unknown
    if not total:
        return "<p>The site file names no slots yet; cameras tell only how many vehicles they see.</p>"
    figure, least = str(counts.free), "at least" if counts.unknown else ""
    if counts.unknown == total:
        figure, least = "?", "nothing is known"
    return (
        f'<p class="figure"><b>{figure}</b><span><small>{least}</small>free of {total} places</span></p>'
        f'<div class="share">{_bar(counts)}{_counts(counts)}</div>'
    )


def _bar(counts: Counts, slim: str = "") -> str:
    x, parts = 0, []
    for state, number in _numbers(counts):
        parts.append(f'<rect class="{state}" x="{x}" width="{number}" height="1"/>')
        x += number
    return (
        f'<svg class="bar {slim}" viewBox="0 0 {max(x, 1)} 1" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(parts)}</svg>"
    )


def _counts(counts: Counts) -> str:
    items = "".join(f'<li class="{state}">{number} {state}</li>' for state, number in _numbers(counts))
    return f'<ul class="counts">{items}</ul>'


def _numbers(counts: Counts) -> tuple[tuple[str, int], ...]:
    return ("free", counts.free), ("occupied", counts.occupied), ("unknown", counts.unknown)


def _alarms(now: NodeNow, stuck: str | None) -> str:
    lines = [f"<b>The node hangs</b>: {escape(stuck)}. All below is old."] if stuck else []
    for camera in now.cameras.values():
        wrong = cause(camera)
        if wrong:
            unknown = Counts.of(camera.slots).unknown
            effect = f" {unknown} of its {len(camera.slots)} places are unknown." if unknown else ""
            lines.append(f"<b>{escape(camera.camera)}</b>: {escape(wrong)}.{effect}")
    return "".join(f"<li>{line}</li>" for line in lines)


def _camera(now: CameraNow) -> str:
    name, link = escape(now.camera), f"api/v1/cameras/{quote(now.camera, safe='')}/snapshot.jpg"
    if now.time is None:
        picture = f'<div class="none">No picture yet: {escape(now.source.why or reason("starting"))}</div>'
    else:
        # A new address for each new picture: the browser fetches what changed, and only that.
        version = f"{now.time.timestamp():.2f}-{now.source.state}-{now.view.verdict}"
        picture = (
            f'<a href="{link}"><img src="{link}?width={PICTURE_WIDTH_PX}&amp;v={version}" loading="lazy" '
            f'alt="What {name} saw last, with its slots"></a>'
        )
    return (
        f'<article class="camera" id="camera-{name}">{picture}'
        f'<div class="about" data-part="camera-{name}">{_about(now)}</div></article>'
    )


def _about(now: CameraNow) -> str:
    wrong = cause(now)
    state: str = now.source.state
    if state == "live":
        state = "bad view" if wrong else "read to its end" if now.source.ended else "live"
    age = duration_words((datetime.now(UTC) - now.time).total_seconds()) if now.time else ""
    counts = Counts.of(now.slots)
    told = _bar(counts, "slim") + _counts(counts) if now.slots else f"<p>{len(now.detections)} vehicles</p>"
    accept = (
        f'<button data-accept="{escape(now.camera)}">This view is right as it is</button>'
        if now.source.state == "live" and now.view.verdict in ACCEPTABLE_VERDICTS
        else ""
    )
    wrong = wrong and f'<p class="wrong">{escape(wrong)}</p>'
    return (
        f"<div><h3>{escape(now.camera)}</h3>"
        f'<span><span class="soft">{age and f"{age} ago"}</span> '
        f'<span class="state{" bad" if wrong else ""}">{state}</span></span></div>{told}{wrong}{accept}'
    )


def _unknown(now: NodeNow, lot: Mapping[str, SlotNow]) -> str:
    groups: dict[tuple[str, str], list[str]] = {}
    since: dict[tuple[str, str], datetime] = {}
    for camera in now.cameras.values():
        for name, slot in camera.slots.items():
            # A place that another camera knows is not unknown.
            if lot[name].state == "unknown":
                key = camera.camera, slot.why
                groups.setdefault(key, []).append(name)
                since[key] = min(since.get(key, slot.since), slot.since)
    if not groups:
        return ""
    rows = (
        (camera, " ".join(names), reason(why), local_time(since[camera, why]))
        for (camera, why), names in groups.items()
    )
    return _table("Unknown places", ("Camera", "Places", "Why", "Since"), (map(escape, row) for row in rows))


def _changes(events: Sequence[Event]) -> str:
    if not events:
        return ""
    rows = []
    for event in events:
        # Of a bundle's identity, a hash, the beginning is enough to tell it from others.
        what = event.name if event.subject == "slot" else f"{event.subject} {event.name[:12]}".strip()
        change = f"{_state(event.before)} → {_state(event.after)}" if event.before else _state(event.after)
        rows.append((_time(event.time), escape(event.camera), escape(what), f'<span class="change">{change}</span>'))
    return _table("Last changes", ("Time", "Camera", "Place", "Change"), rows)


def _time(time: datetime) -> str:
    return f"<time>{local_time(time)}</time>"


def _state(word: str) -> str:
    return f'<span class="{word}-text">{word}</span>' if word in ("free", "occupied") else escape(word)


def _table(title: str, head: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    cells = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    table = f"<table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table>"
    return f'<h2>{title}</h2><div class="scroll">{table}</div>'

"""The operators' page: what is free, what is unknown and why, and what the cameras see.

What is shown is chosen here; how it is shown is in ``templates/page.html``, ``static/page.css`` and ``static/page.js``.
Style and script are put into the page itself, so that it is one answer: it needs no other file, works below any path of
a reverse proxy, and a browser that gave the token once need not give it again.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from lotwise.cameras.slots.shared.place_state import DISPUTED
from lotwise.cameras.slots.slot_knowledge import knowledge_words
from lotwise.cameras.slots.state import SlotNow
from lotwise.node.boards.words import lost_words
from lotwise.node.http.hub_line import hub_line
from lotwise.node.place import SITE, Place
from lotwise.node.places import lot_places, place_states
from lotwise.node.state import CameraNow, Counts, Event, NodeNow
from lotwise.node.time_words import duration_words, local_time
from lotwise.node.wording import cause, reason, trust_doubt, trust_words

CHANGES_SHOWN, EVENTS_READ = 12, 60
"""Number of last changes shown, and of last events among which they are looked for: what each camera says of a place
that several see is not shown here."""
STAYS_SHOWN = 6
"""Number of longest stays shown; all that are too long are shown besides."""
PICTURE_WIDTH_PX = 720
"""Width of the pictures on the page: twice the 340 px of a card, for screens with two pixels a point."""
THING_WIDTH_PX = 240
"""Largest width of the picture of a thing that stays."""
STAYING_SHOWN = 12
"""Things of a camera that stay and are asked about at once; the next ones follow once these are decided."""
ACCEPTABLE_VERDICTS = ("moved", "blocked", "unverified")
"""Verdicts that an operator may overrule: the camera was turned on purpose, or something was built before it."""
RECORDED_AFTER_S = 86400.0
"""Age of a picture from which on a source that gives it now cannot be a camera, but plays what was recorded."""
IDENTITY_CHARACTERS = 12
"""Of a bundle's identity, a hash, so many are enough to tell it from others."""

_HERE = Path(__file__).parent
TEMPLATES = Environment(
    loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, auto_reload=False
)
THEME = (_HERE / "static" / "theme.css").read_text(encoding="utf-8")
"""Colours of all pages, light and dark."""
STYLE = THEME + (_HERE / "static" / "page.css").read_text(encoding="utf-8")
SCRIPT = (_HERE / "static" / "page.js").read_text(encoding="utf-8")


def digest(text: str) -> str:
    """A text of a page as a content security policy names it."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src {digest(STYLE)}; "
    f"script-src {digest(SCRIPT)}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Content security policy under which the page works: nothing runs in it but its own script."""


@dataclass(frozen=True)
class CameraCard:
    """One camera on the page.

    Attributes:
        vehicles: in the last detected frame; None before the first.
        wrong: what is wrong with it, in words; empty where nothing is.
        snapshot, picture: addresses of its whole last picture and of the one on the page; empty before the first.
        no_picture: why there is none.
        age: of the picture, in words.
        ignored: boxes that do not count, as they are no vehicles.
        refusal: which newer bundle was refused and why; empty where none was.
        int8_refused: why the live bundle runs without an INT8 model that was made for it; empty where none was refused.
        reader: who reads its frames and why; empty where only its own student may.
        trust: its verdict with the estimate; empty before the first sample. doubt: why it is not good, else empty.
        acceptable: whether an operator may say that its view is right as it is.
        editor: address of its slot editor; empty where there is none.
        known: how well it is known where cars stand on its slots; empty where nothing is to be told.
    """

    name: str
    counts: Counts
    vehicles: int | None
    state: str
    wrong: str
    snapshot: str
    picture: str
    no_picture: str
    age: str
    ignored: int
    refusal: str
    int8_refused: str
    reader: str
    trust: str
    doubt: str
    acceptable: bool
    editor: str
    known: str


@dataclass(frozen=True)
class Thing:
    """A thing in a camera's view that stays, or that is ignored.

    Attributes:
        picture: address of a picture of it; empty before the camera's first.
        box: x1, y1, x2, y2 in 0..1 of the view, with commas.
        region: id where it is ignored, else empty.
        words: what is known of it.
    """

    camera: str
    picture: str
    box: str
    region: str
    words: str


@dataclass(frozen=True)
class UnknownPlaces:
    """Places of one camera that are unknown for the same reason."""

    camera: str
    places: tuple[str, ...]
    why: str
    since: str


@dataclass(frozen=True)
class DisputeRow:
    """Places on which the same cameras have contradicted each other for long, for one reason as far as is known."""

    places: tuple[str, ...]
    said: str
    since: str
    why: str


@dataclass(frozen=True)
class StayRow:
    """A car that has stood on its place for long, or for longer than it may."""

    camera: str
    place: str
    kind: str
    since: str
    lasts: str
    over: str


@dataclass(frozen=True)
class ChangeRow:
    """One of the last changes."""

    time: str
    camera: str
    what: str
    before: str
    after: str


def page(now: NodeNow, changes: Sequence[Event], stuck: str | None, editor: bool = False, history: bool = False) -> str:
    """The whole page; without scripts it loads itself anew every ten seconds.

    Args:
        now: the node.
        changes: the newest events, newest first.
        stuck: why the node's loop hangs, if it does.
        editor: whether the cameras' slots can be edited.
        history: whether there is a page of the past.
    """
    places = lot_places(now)
    return TEMPLATES.get_template("page.html").render(
        site=now.site,
        time=local_time(datetime.now(UTC)),
        started=local_time(now.started),
        lot=Counts.of(place_states(places)),
        stuck=stuck,
        cameras=[_card(camera, editor) for camera in now.cameras.values()],
        staying=[thing for camera in now.cameras.values() for thing in _staying(camera)],
        ignored=[thing for camera in now.cameras.values() for thing in _ignored(camera)],
        stays=_longest_stays(places),
        disputes=list(_disputes(now)),
        history=history,
        hub=hub_line(now.hub),
        unknown=list(_unknown(now, places)),
        changes=[_change(event) for event in changes],
        # Files of ours, whose hashes stand in the policy: the only text that is not escaped.
        style=Markup(STYLE),  # noqa: S704
        script=Markup(SCRIPT),  # noqa: S704
    )


def _card(now: CameraNow, editor: bool) -> CameraCard:
    wrong = cause(now)
    state: str = now.source.state
    if state == "live":
        state = "bad view" if wrong else "read to its end" if now.source.ended else "live"
    snapshot = _snapshot(now.camera)
    picture = age = ""
    if now.time is not None:
        age_s = (datetime.now(UTC) - now.time).total_seconds()
        age = f"{duration_words(age_s)} ago"
        if state == "live" and age_s > RECORDED_AFTER_S:
            state, age = "recording", f"of {local_time(now.time)}"
        # A new address for each new picture: the browser fetches what changed, and only that.
        version = f"{now.time.timestamp():.2f}-{now.source.state}-{now.view.verdict}"
        version += "".join(f"-{region.id}" for region in now.regions)
        picture = f"{snapshot}?width={PICTURE_WIDTH_PX}&v={version}"
    return CameraCard(
        name=now.camera,
        counts=Counts.of(now.slots),
        vehicles=len(now.detections) if now.detected else None,
        state=state,
        wrong=wrong,
        snapshot=snapshot,
        picture=picture,
        no_picture=now.source.why or reason("starting"),
        age=age,
        ignored=len(now.ignored),
        refusal=f"{now.refusal.bundle[:IDENTITY_CHARACTERS]}: {now.refusal.why}" if now.refusal else "",
        int8_refused=now.int8_refused,
        reader=now.offload.why if now.offload is not None else lost_words(now.boards),
        trust=trust_words(now.trust),
        doubt=trust_doubt(now.trust),
        acceptable=now.source.state == "live" and now.view.verdict in ACCEPTABLE_VERDICTS,
        editor=f"cameras/{quote(now.camera, safe='')}/slots" if editor else "",
        known=knowledge_words(now.known),
    )


def _staying(now: CameraNow) -> Iterator[Thing]:
    for one in now.staying[:STAYING_SHOWN]:
        stay = duration_words(one.stayed_s)
        often = "every one" if one.seen == one.looks else f"{one.seen}"
        words = f"there for {stay}, on {often} of {one.looks} frames, score {one.score:.2f}"
        yield _thing(now, one.box, "", words)


def _ignored(now: CameraNow) -> Iterator[Thing]:
    for region in now.regions:
        since = f"since {local_time(region.added)}" if region.added else ""
        yield _thing(now, region.box, region.id, ", ".join(filter(None, (region.note, since))) or "by its file")


def _thing(now: CameraNow, sides: Sequence[float], region: str, words: str) -> Thing:
    box = ",".join(f"{side:g}" for side in sides)
    picture = f"{_snapshot(now.camera)}?width={THING_WIDTH_PX}&around={box}" if now.time is not None else ""
    return Thing(now.camera, picture, box, region, words)


def _snapshot(camera: str) -> str:
    return f"api/v1/cameras/{quote(camera, safe='')}/snapshot.jpg"


def _unknown(now: NodeNow, places: Mapping[str, Place]) -> Iterator[UnknownPlaces]:
    groups: dict[tuple[str, str], list[SlotNow]] = {}
    names: dict[tuple[str, str], list[str]] = {}

    def add(camera: str, title: str, state: SlotNow) -> None:
        groups.setdefault((camera, state.why), []).append(state)
        names.setdefault((camera, state.why), []).append(title)

    # A place that another camera knows is not unknown.
    for place in (place for place in places.values() if place.now.state == "unknown"):
        if place.now.why == DISPUTED:
            add(_joined(place.cameras), place.title, place.now)
            continue
        for camera, slot in place.seen_as.items():
            add(camera, place.title, now.cameras[camera].slots[slot])
    for (camera, why), slots in groups.items():
        since = min(slot.since for slot in slots)
        yield UnknownPlaces(camera, tuple(names[camera, why]), reason(why), local_time(since))


def _disputes(now: NodeNow) -> Iterator[DisputeRow]:
    groups: dict[tuple[str, str], list[Place]] = {}
    for place in now.shared.values():
        if (told := place.disagreement) is not None:
            said = ", ".join(f"{camera}: {state}" for camera, state in told.said.items())
            groups.setdefault((said, told.why), []).append(place)
    for (said, why), found in groups.items():
        since = min(place.disagreement.since for place in found if place.disagreement is not None)
        yield DisputeRow(tuple(place.title for place in found), said, local_time(since), why)


def _longest_stays(places: Mapping[str, Place]) -> list[StayRow]:
    """All overstays, then the longest of the other stays."""
    found = []
    for place in places.values():
        if place.now.state == "occupied" and place.time is not None:
            bay, since = place.bay, place.now.since
            lasts_s = (place.time - since).total_seconds()
            over = f"longer than {duration_words(bay.max_stay_s)}" if bay.overstay and bay.max_stay_s else ""
            row = StayRow(
                _joined(place.cameras), place.title, bay.kind, local_time(since), duration_words(lasts_s), over
            )  # fmt: skip
            found.append((not bay.overstay, -lasts_s, row))
    found.sort(key=lambda one: one[:2])
    too_long = sum(not fine for fine, *_ in found)
    return [row for *_, row in found[: max(STAYS_SHOWN, too_long)]]


def shown_changes(events: Sequence[Event]) -> list[Event]:
    """The newest of some events that the page tells, newest first: each change of a place once."""
    return [event for event in reversed(events) if event.subject not in ("sighting", "agreement")][:CHANGES_SHOWN]


def _change(event: Event) -> ChangeRow:
    if event.subject in ("slot", "stay", "disagreement"):
        what = event.name if event.subject != "disagreement" else f"cameras disagree on {event.name}"
    else:
        what = f"{event.subject} {event.name[:IDENTITY_CHARACTERS]}".strip()
    seen_by = event.details.get("cameras") if event.camera == SITE else None
    camera = _joined(seen_by) if isinstance(seen_by, Mapping) else event.camera
    return ChangeRow(local_time(event.time), camera, what, event.before, event.after)


def _joined(cameras: Iterable[str]) -> str:
    return " + ".join(cameras)

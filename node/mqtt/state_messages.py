"""The retained messages: how the lot, its cameras and slots are, made anew only where a person would say it has
changed.

A reading's score and the exact shift of a view differ with every frame. Messages that differ in nothing else would wear
out subscribers and their databases: nine of ten were of that kind. So a message keeps what it said until its meaning
changes, and then tells the score of that moment.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TypeVar

from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.frame import Image, Slot
from lotwise.node.bay_now import BayNow
from lotwise.node.mqtt.topics import OFFLINE, ONLINE, Topics
from lotwise.node.picture import annotated, encoded
from lotwise.node.place import Place
from lotwise.node.places import is_trusted, lot_places, place_states
from lotwise.node.state import CameraNow, Counts, NodeNow
from lotwise.node.trust_now import TrustNow

log = logging.getLogger(__name__)

PICTURE_PERIOD_S = 10.0
"""Seconds between two pictures of a camera: a hundred kilobytes each are a tenth of a megabit a second at most."""
PICTURE_WIDTH_PX = 960
"""Width of the pictures: a card on a dashboard has 500 points, of two pixels each on most screens."""

Picture = Callable[[str], tuple[Image, CameraNow, tuple[Slot, ...]] | None]
"""The last frame of a camera, what is known of it, and its slots."""
T = TypeVar("T")
_NUMBER = re.compile(r"\d+")


class StateMessages:
    """All retained messages but the site's own availability; used by one thread.

    Args:
        picture: gives the pictures that are told too; none are where None.
        clock: seconds; monotonic.
    """

    def __init__(self, picture: Picture | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._picture, self._clock = picture, clock
        self._made: dict[str, tuple[Hashable, bytes]] = {}
        self._drawn: dict[str, float] = {}
        self._undrawn: set[str] = set()

    def of(self, now: NodeNow, topics: Topics) -> dict[str, bytes]:
        """The messages by topic."""
        before, self._made = self._made, {}

        def tell(topic: str, meaning: Hashable, make: Callable[[T], bytes], told: T) -> None:
            kept = before.get(topic)
            self._made[topic] = kept if kept is not None and kept[0] == meaning else (meaning, make(told))

        places = lot_places(now)
        counts = Counts.of(place_states(places))
        tell(f"{topics.root}/state", counts, _counts_message, counts)
        longest = longest_stay(now)
        tell(f"{topics.root}/longest_stay", longest, _stay_message, longest)
        if now.shared:
            disputed = {name: place for name, place in now.shared.items() if place.disagreement is not None}
            tell(topics.disagreements, _disputes(disputed), _disagreements_message, disputed)
        for name, place in now.shared.items():
            tell(topics.place(name), (_meaning(place.now), place.bay, place.cameras), _place_message, place)
        for name, camera in now.cameras.items():
            available = ONLINE if is_trusted(camera) else OFFLINE
            tell(f"{topics.camera(name)}/available", available, bytes, available)
            tell(f"{topics.camera(name)}/state", _camera_meaning(camera), _camera_message, camera)
            for slot, state in camera.slots.items():
                bay = camera.bays.get(slot)
                tell(topics.slot(name, slot), (_meaning(state), bay), _slot_message, (state, bay))
            self._tell_picture(camera, topics.picture(name), before.get(topics.picture(name)))
        return {topic: payload for topic, (_, payload) in self._made.items()}

    def _tell_picture(self, camera: CameraNow, topic: str, kept: tuple[Hashable, bytes] | None) -> None:
        if self._picture is None:
            return
        meaning = (tuple(slot.state for slot in camera.slots.values()), camera.source.state, camera.view.verdict)
        soon = self._clock() - self._drawn.get(topic, -PICTURE_PERIOD_S) < PICTURE_PERIOD_S
        if kept is not None and (soon or kept[0] == meaning):
            self._made[topic] = kept
        elif (drawn := self._draw(camera.camera)) is not None:
            self._drawn[topic] = self._clock()
            self._made[topic] = meaning, drawn

    def _draw(self, camera: str) -> bytes | None:
        """The picture of a camera as JPEG; None where there is none yet, or where it cannot be drawn."""
        assert self._picture is not None
        try:
            latest = self._picture(camera)
            if latest is None:
                return None
            image, now, slots = latest
            return encoded(annotated(image, now, slots, PICTURE_WIDTH_PX))
        except Exception:  # a picture that cannot be drawn must not keep the states from being told
            if camera not in self._undrawn:
                log.exception("MQTT: the picture of camera %s cannot be drawn", camera)
            self._undrawn.add(camera)
            return None


def _meaning(slot: SlotNow) -> Hashable:
    return slot.state, slot.since, slot.why


def _camera_meaning(camera: CameraNow) -> Hashable:
    source, view = camera.source, camera.view
    # Numbers in the words, such as by how far a view has moved, differ with every frame.
    whys = (_NUMBER.sub("", source.why), _NUMBER.sub("", view.why))
    counts = Counts.of(camera.slots)
    bundles = (camera.bundle, camera.shadow, camera.refusal, camera.int8_refused)
    regions = tuple(region.id for region in camera.regions)
    # The estimate itself differs a little with every sample.
    trust = (camera.trust.verdict.word, camera.trust.verdict.reasons) if camera.trust else None
    return counts, source.state, source.since, view.verdict, whys, bundles, regions, trust


def _camera_message(camera: CameraNow) -> bytes:
    source, view, refusal = camera.source, camera.view, camera.refusal
    return _json(
        {
            **_counts(Counts.of(camera.slots)),
            "source": {"state": source.state, "since": source.since.isoformat(), "why": source.why},
            "view": {"verdict": view.verdict, "why": view.why},
            "bundle": camera.bundle,
            "shadow": camera.shadow,
            "refused": {"bundle": refusal.bundle, "why": refusal.why} if refusal else None,
            "int8_refused": camera.int8_refused,
            "ignored": len(camera.ignored),
            "ignore_regions": len(camera.regions),
            "trust": _trust(camera.trust),
        }
    )


def _trust(trust: TrustNow | None) -> dict[str, object] | None:
    if trust is None:
        return None
    found = trust.verdict
    numbers = {"accuracy": found.accuracy, "low": found.low, "high": found.high}
    rounded = {name: None if value is None else round(value, 3) for name, value in numbers.items()}
    return {"verdict": found.word, **rounded, "reasons": list(found.reasons), "drift": trust.drift}


def _counts_message(counts: Counts) -> bytes:
    return _json(_counts(counts))


def _place_message(place: Place) -> bytes:
    return _json({**_slot(place.now), **asdict(place.bay), "cameras": place.cameras})


def _disputes(places: Mapping[str, Place]) -> Hashable:
    told = ((name, place.disagreement) for name, place in places.items())
    return tuple((name, one.since, tuple(one.said.items()), one.why) for name, one in told if one is not None)


def _disagreements_message(places: Mapping[str, Place]) -> bytes:
    told = [
        {
            "place": name, "since": one.since.isoformat(), "cameras": dict(one.said), "kind": one.kind, "why": one.why
        }
        for name, place in places.items()
        if (one := place.disagreement) is not None
    ]  # fmt: skip
    return _json({"count": len(told), "places": told})


def _slot_message(told: tuple[SlotNow, BayNow | None]) -> bytes:
    slot, bay = told
    return _json(_slot(slot) | ({} if bay is None else asdict(bay)))


def _stay_message(stay: tuple[str | None, str, datetime] | None) -> bytes:
    if stay is None:
        return _json({"camera": None, "slot": None, "since": None})
    camera, slot, since = stay
    return _json({"camera": camera, "slot": slot, "since": since.isoformat()})


def longest_stay(now: NodeNow) -> tuple[str | None, str, datetime] | None:
    """Camera, slot and begin of the car that has stood longest, as far as cameras show this moment; None where none.

    Of a place that several cameras see, its name, and no camera.
    """
    going_on = [
        (place.now.since, "" if place.shared else place.cameras[0], place.title)
        for place in lot_places(now).values()
        if place.now.state == "occupied" and any(is_trusted(now.cameras[camera]) for camera in place.cameras)
    ]
    if not going_on:
        return None
    since, camera, slot = min(going_on)
    return camera or None, slot, since


def _slot(slot: SlotNow) -> dict[str, object]:
    since = slot.since.isoformat()
    return {"state": slot.state, "since": since, "score": round(float(slot.score), 3), "why": slot.why}


def _counts(counts: Counts) -> dict[str, object]:
    return {"free": counts.free, "occupied": counts.occupied, "unknown": counts.unknown}


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")

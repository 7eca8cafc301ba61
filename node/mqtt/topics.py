"""The MQTT topics of a site, and its events as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count

from lotwise.node.state import Event, NodeNow

Message = tuple[str, bytes]
"""Topic and payload."""

PLACE = "place"
"""Level below which the site's places are told, which several cameras see; no camera's own."""
ONLINE, OFFLINE = b"online", b"offline"
_UNSAFE = re.compile(r"[^\w.-]")


def safe_names(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Each name as one level of a topic: letters, digits, ``_``, ``-`` and ``.``; two names never share one.

    Args:
        taken: levels that mean something else.

    >>> safe_names(["north gate", "north/gate", "C1"])
    {'north gate': 'north_gate', 'north/gate': 'north_gate_2', 'C1': 'C1'}
    """
    names = list(dict.fromkeys(names))
    kept = set(taken)
    safe = {name: name for name in names if name and name not in kept and not _UNSAFE.search(name)}
    used = kept | set(safe)
    for name in names:
        if name not in safe:
            plain = _UNSAFE.sub("_", name) or "_"
            candidates = (f"{plain}_{number}" for number in count(2))
            safe[name] = plain if plain not in used else next(one for one in candidates if one not in used)
            used.add(safe[name])
    return {name: safe[name] for name in names}


@dataclass(frozen=True)
class Topics:
    """Where a site's messages are told.

    Attributes:
        root: ``<prefix>/<site>``. cameras: each camera's level. slots: of each camera, each slot's level.
        places: level of each place of the site.
    """

    root: str
    cameras: Mapping[str, str]
    slots: Mapping[str, Mapping[str, str]]
    places: Mapping[str, str]

    @property
    def disagreements(self) -> str:
        """Where it is told on which places cameras contradict each other."""
        return f"{self.root}/disagreements"

    @staticmethod
    def of(now: NodeNow, prefix: str, site: str) -> Topics:
        """The topics of all cameras, slots and shared places of a site, each safe as a part of a topic."""
        slots = {name: safe_names(camera.slots) for name, camera in now.cameras.items()}
        places = safe_names(now.shared)
        return Topics(site_root(prefix, site), safe_names(now.cameras, taken=(PLACE,)), slots, places)

    def camera(self, camera: str) -> str:
        """The topic below which all topics of a camera lie."""
        return f"{self.root}/{self.cameras[camera]}"

    def picture(self, camera: str) -> str:
        """Where the pictures of a camera are sent for Home Assistant."""
        return f"{self.camera(camera)}/picture"

    def place(self, place: str) -> str:
        """Where the state of a place that several cameras see is told."""
        return f"{self.root}/{PLACE}/{self.places[place]}"

    def slot(self, camera: str, slot: str) -> str:
        """Where the state of a slot is told."""
        return f"{self.camera(camera)}/slot/{self.slots[camera][slot]}"


def site_root(prefix: str, site: str) -> str:
    """The topic below which all topics of a site lie."""
    return f"{prefix}/{safe_names([site])[site]}"


def event_message(event: Event, topics_root: str) -> Message:
    """One event; ``number`` is its identity for a subscriber that may see it twice."""
    payload = {
        "number": event.number,
        "time": event.time.isoformat(),
        "subject": event.subject,
        "camera": event.camera,
        "name": event.name,
        "before": event.before,
        "after": event.after,
        "details": dict(event.details),
    }
    return f"{topics_root}/events", _json(payload)


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")

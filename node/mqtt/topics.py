"""What is told over MQTT: the topics, and the states and events as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from lotwise.cameras.slots.state import SlotNow
from lotwise.node.places import is_live, lot_places, place_states
from lotwise.node.state import CameraNow, Counts, Event, NodeNow

Message = tuple[str, bytes]
"""Topic and payload."""

ONLINE, OFFLINE = b"online", b"offline"
_UNSAFE = re.compile(r"[^\w.-]")


def safe_names(names: Iterable[str]) -> dict[str, str]:
    """Each name as one level of a topic: letters, digits, ``_``, ``-`` and ``.``; two names never share one.

    >>> safe_names(["north gate", "north/gate", "C1"])
    {'north gate': 'north_gate', 'north/gate': 'north_gate_2', 'C1': 'C1'}
    """
    names = list(dict.fromkeys(names))
    safe = {name: name for name in names if name and not _UNSAFE.search(name)}
    taken = set(safe)
    for name in names:
        if name not in safe:
            plain = _UNSAFE.sub("_", name) or "_"
            candidates = (plain if i == 1 else f"{plain}_{i}" for i in range(1, len(names) + 2))
            safe[name] = next(candidate for candidate in candidates if candidate not in taken)
            taken.add(safe[name])
    return {name: safe[name] for name in names}


@dataclass(frozen=True)
class Topics:
    """Where a site's messages are told.

    Attributes:
        root: ``<prefix>/<site>``. cameras: each camera's level. slots: of each camera, each slot's level.
    """

    root: str
    cameras: Mapping[str, str]
    slots: Mapping[str, Mapping[str, str]]

    @staticmethod
    def of(now: NodeNow, prefix: str, site: str) -> Topics:
        slots = {name: safe_names(camera.slots) for name, camera in now.cameras.items()}
        return Topics(site_root(prefix, site), safe_names(now.cameras), slots)

    def camera(self, camera: str) -> str:
        return f"{self.root}/{self.cameras[camera]}"

    def slot(self, camera: str, slot: str) -> str:
        return f"{self.camera(camera)}/slot/{self.slots[camera][slot]}"


def site_root(prefix: str, site: str) -> str:
    """The topic below which everything of a site lies."""
    return f"{prefix}/{safe_names([site])[site]}"


def states(now: NodeNow, topics: Topics) -> dict[str, bytes]:
    """All that is retained of a site but its own availability, by topic."""
    told = {f"{topics.root}/state": _json(_counts(place_states(lot_places(now))))}
    for name, camera in now.cameras.items():
        told[f"{topics.camera(name)}/available"] = ONLINE if trusted(camera) else OFFLINE
        told[f"{topics.camera(name)}/state"] = _json(_camera(camera))
        for slot, state in camera.slots.items():
            told[topics.slot(name, slot)] = _slot(state)
    return told


def trusted(camera: CameraNow) -> bool:
    """Whether a camera's slots are known at this moment: it shows this moment, and its view is good."""
    return is_live(camera) and camera.view.verdict == "good"


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


def _camera(camera: CameraNow) -> dict[str, object]:
    source, view = camera.source, camera.view
    return {
        **_counts(camera.slots),
        "source": {"state": source.state, "since": source.since.isoformat(), "why": source.why},
        "view": {"verdict": view.verdict, "why": view.why},
        "bundle": camera.bundle,
    }


@lru_cache(maxsize=1 << 14)
def _slot(slot: SlotNow) -> bytes:
    # Asked for all slots after each frame, and hardly ever another than before.
    since = slot.since.isoformat()
    return _json({"state": slot.state, "since": since, "score": round(float(slot.score), 3), "why": slot.why})


def _counts(slots: Mapping[str, SlotNow]) -> dict[str, object]:
    counts = Counts.of(slots)
    return {"free": counts.free, "occupied": counts.occupied, "unknown": counts.unknown}


def _json(value: Mapping[str, object]) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

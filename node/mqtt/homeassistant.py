"""Announces slots and counts to Home Assistant by MQTT discovery: a device for the site and one for each camera."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping

from lotwise.node.mqtt.topics import Topics

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
# "None" is Home Assistant's word for a state that is not known.
_OCCUPIED = "{{ {'occupied': 'ON', 'free': 'OFF'}.get(value_json.state, 'None') }}"


def discovery(topics: Topics, site: str, prefix: str) -> dict[str, bytes]:
    """The retained configuration of every entity, by topic: cleared, it takes the entity away.

    Free slots are a sensor of each camera and of the site; each slot of a camera is a binary sensor, on where occupied.
    An entity of a camera is available while the node is online and the camera's slots can be trusted.
    """
    root = topics.root
    place = _id("lotwise", root)
    site_device = {"identifiers": [place], "name": site, "manufacturer": "Lotwise", "model": "Parking site"}
    here = [{"topic": f"{root}/available"}]
    found = {
        _topic(prefix, "sensor", place, "free"): _free(site_device, here, f"{root}/state", f"{place}-free"),
    }
    for name, slots in topics.slots.items():
        at = topics.camera(name)
        node = _id("lotwise", at)
        device = {
            "identifiers": [node], "name": f"{site} {name}", "manufacturer": "Lotwise", "model": "Parking camera",
            "via_device": place,
        }  # fmt: skip
        trusted = [*here, {"topic": f"{at}/available"}]
        found[_topic(prefix, "sensor", node, "free")] = _free(device, trusted, f"{at}/state", f"{node}-free")
        for slot in slots:
            told = topics.slot(name, slot)
            key = _id("slot", told)
            found[_topic(prefix, "binary_sensor", node, key)] = _config(
                {
                    "name": f"Slot {slot}",
                    "unique_id": f"{node}-{key}",
                    "device": device,
                    "device_class": "occupancy",
                    "state_topic": told,
                    "value_template": _OCCUPIED,
                    "payload_on": "ON",
                    "payload_off": "OFF",
                    "json_attributes_topic": told,
                },
                trusted,
            )
    return found


def _free(device: Mapping[str, object], available: list[dict[str, str]], state: str, unique: str) -> bytes:
    return _config(
        {
            "name": "Free slots",
            "unique_id": unique,
            "device": device,
            "state_topic": state,
            "value_template": "{{ value_json.free }}",
            "state_class": "measurement",
            "icon": "mdi:parking",
            "json_attributes_topic": state,
        },
        available,
    )


def _config(entity: Mapping[str, object], available: list[dict[str, str]]) -> bytes:
    rest = {
        "availability": available,
        "availability_mode": "all",
        "qos": 1,
        "origin": {"name": "Lotwise"},
    }
    return json.dumps({**entity, **rest}, ensure_ascii=False, separators=(",", ":")).encode()


def _topic(prefix: str, component: str, node: str, key: str) -> str:
    return f"{prefix}/{component}/{node}/{key}/config"


def _id(kind: str, topic: str) -> str:
    """An identity of letters that Home Assistant takes, for one topic alone."""
    last = _UNSAFE.sub("_", topic.rpartition("/")[2])
    return f"{kind}-{last}-{hashlib.blake2b(topic.encode(), digest_size=4).hexdigest()}"

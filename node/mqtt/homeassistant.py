"""Announces the lot to Home Assistant by MQTT discovery: a device for the site and one for each camera.

https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import get_args

from lotwise.cameras.sources.captured_frame import SourceState
from lotwise.cameras.trust.verdict import Word
from lotwise.cameras.view.report import Verdict
from lotwise.node.mqtt.topics import Topics
from lotwise.node.version import software_version

Entity = Mapping[str, object]

_UNSAFE = re.compile(r"[^A-Za-z0-9_-]")
# "None" is Home Assistant's word for a state that is not known.
_OCCUPIED = "{{ {'occupied': 'ON', 'free': 'OFF'}.get(value_json.state, 'None') }}"
_BUNDLES = (
    "{{ {'shadow': value_json.shadow, 'refused': value_json.refused, "
    "'int8_refused': value_json.int8_refused} | tojson }}"
)
_BUNDLE_CHARACTERS = 12
"""Of a bundle's identity, a hash, so many are enough to tell it from others."""


def discovery(topics: Topics, site: str, prefix: str, page_url: str = "", pictures: bool = True) -> dict[str, bytes]:
    """The retained configuration of every entity, by topic: cleared, it takes the entity away.

    Free slots are a sensor of each camera and of the site, whose longest stay is one too. Each slot of a camera is a
    binary sensor, on where occupied, and so is, at the site, each place that several cameras see; another one is on
    while cameras contradict each other on such places. Each camera has a
    picture, and for diagnosis its source, its view and its bundle. A slot is available while the node is online and the
    camera shows this moment; a picture and the diagnosis while the node is online.

    Args:
        page_url: address of the operators' page, which devices link to; "" for none.
        pictures: whether pictures are told.
    """
    root = topics.root
    place = _id("lotwise", root)
    about: dict[str, object] = {"manufacturer": "Lotwise", "sw_version": software_version()}
    if page_url:
        about["configuration_url"] = page_url
    site_device = {"identifiers": [place], "name": site, "model": "Parking site", **about}
    online = [{"topic": f"{root}/available"}]
    found = {
        _topic(prefix, "sensor", place, "free"): _free(site_device, online, f"{root}/state", f"{place}-free"),
        _topic(prefix, "sensor", place, "longest-stay"): _longest_stay(site_device, online, root, place),
    }
    if topics.places:
        found[_topic(prefix, "binary_sensor", place, "disagreement")] = _disagreement(
            site_device, online, topics.disagreements, place
        )  # fmt: skip
    for name in topics.places:
        told = topics.place(name)
        key = _id("place", told)
        config = _occupancy(f"Place {name}", site_device, online, told, f"{place}-{key}")
        found[_topic(prefix, "binary_sensor", place, key)] = config
    for name, slots in topics.slots.items():
        at = topics.camera(name)
        camera = _id("lotwise", at)
        device = {
            "identifiers": [camera], "name": f"{site} {name}", "model": "Parking camera", "via_device": place, **about
        }  # fmt: skip
        trusted = [*online, {"topic": f"{at}/available"}]
        found[_topic(prefix, "sensor", camera, "free")] = _free(device, trusted, f"{at}/state", f"{camera}-free")
        for slot in slots:
            told = topics.slot(name, slot)
            key = _id("slot", told)
            config = _occupancy(f"Slot {slot}", device, trusted, told, f"{camera}-{key}")
            found[_topic(prefix, "binary_sensor", camera, key)] = config
        if pictures:
            found[_topic(prefix, "image", camera, "picture")] = _picture(device, online, topics.picture(name), camera)
        for key, entity in _diagnosis(f"{at}/state").items():
            config = _config({**entity, "unique_id": f"{camera}-{key}", "device": device}, online)
            found[_topic(prefix, "sensor", camera, key)] = config
    return found


def _occupancy(name: str, device: Entity, available: list[dict[str, str]], told: str, unique: str) -> bytes:
    return _config(
        {
            "name": name,
            "unique_id": unique,
            "device": device,
            "device_class": "occupancy",
            "state_topic": told,
            "value_template": _OCCUPIED,
            "payload_on": "ON",
            "payload_off": "OFF",
            "json_attributes_topic": told,
        },
        available,
    )


def _disagreement(device: Entity, available: list[dict[str, str]], told: str, place: str) -> bytes:
    return _config(
        {
            "name": "Cameras contradict each other",
            "unique_id": f"{place}-disagreement",
            "device": device,
            "device_class": "problem",
            "entity_category": "diagnostic",
            "state_topic": told,
            "value_template": "{{ 'ON' if value_json.count else 'OFF' }}",
            "json_attributes_topic": told,
        },
        available,
    )


def _longest_stay(device: Entity, available: list[dict[str, str]], root: str, place: str) -> bytes:
    """When the car came that has stood longest: Home Assistant tells how long ago that was."""
    return _config(
        {
            "name": "Longest stay",
            "unique_id": f"{place}-longest-stay",
            "device": device,
            "device_class": "timestamp",
            "icon": "mdi:car-clock",
            "state_topic": f"{root}/longest_stay",
            "value_template": "{{ value_json.since or 'None' }}",
            "json_attributes_topic": f"{root}/longest_stay",
        },
        available,
    )


def _picture(device: Entity, available: list[dict[str, str]], told: str, camera: str) -> bytes:
    return _config(
        {
            "name": "Picture",
            "unique_id": f"{camera}-picture",
            "device": device,
            "image_topic": told,
            "content_type": "image/jpeg",
        },
        available,
    )


def _diagnosis(state: str) -> dict[str, Entity]:
    return {
        "source": {
            "name": "Source",
            "icon": "mdi:cctv",
            "value_template": "{{ value_json.source.state }}",
            "json_attributes_template": "{{ value_json.source | tojson }}",
            **_diagnostic(state, get_args(SourceState)),
        },
        "view": {
            "name": "View",
            "icon": "mdi:eye-check",
            "value_template": "{{ value_json.view.verdict }}",
            "json_attributes_template": "{{ value_json.view | tojson }}",
            **_diagnostic(state, get_args(Verdict)),
        },
        "trust": {
            "name": "Trust",
            "icon": "mdi:shield-check",
            "value_template": "{{ value_json.trust.verdict if value_json.trust else 'None' }}",
            "json_attributes_template": "{{ (value_json.trust or {}) | tojson }}",
            **_diagnostic(state, get_args(Word)),
        },
        "bundle": {
            "name": "Detector",
            "icon": "mdi:chip",
            "value_template": f"{{{{ value_json.bundle[:{_BUNDLE_CHARACTERS}] or 'None' }}}}",
            "json_attributes_template": _BUNDLES,
            **_diagnostic(state),
        },
    }


def _diagnostic(state: str, options: Iterable[str] = ()) -> Entity:
    one_of = {"device_class": "enum", "options": list(options)} if options else {}
    return {"entity_category": "diagnostic", "state_topic": state, "json_attributes_topic": state, **one_of}


def _free(device: Entity, available: list[dict[str, str]], state: str, unique: str) -> bytes:
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


def _config(entity: Entity, available: list[dict[str, str]]) -> bytes:
    rest = {
        "availability": available,
        "availability_mode": "all",
        "qos": 1,
        "origin": {"name": "Lotwise", "sw_version": software_version()},
    }
    return json.dumps({**entity, **rest}, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _topic(prefix: str, component: str, node: str, key: str) -> str:
    return f"{prefix}/{component}/{node}/{key}/config"


def _id(kind: str, topic: str) -> str:
    """An identity of letters that Home Assistant takes, for one topic alone."""
    last = _UNSAFE.sub("_", topic.rpartition("/")[2])
    return f"{kind}-{last}-{hashlib.blake2b(topic.encode(), digest_size=4).hexdigest()}"

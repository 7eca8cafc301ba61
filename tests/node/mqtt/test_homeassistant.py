"""What Home Assistant is told: entities it can make, states it can read, and identities that stay."""

from __future__ import annotations

import json
import re
from typing import Any

import jinja2
import pytest

from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.node.mqtt.homeassistant import discovery
from lotwise.node.mqtt.state_messages import StateMessages
from lotwise.node.mqtt.topics import Topics
from lotwise.node.state import CameraNow, NodeNow
from lotwise.node.version import software_version
from tests.node.mqtt.brokers import NOON
from tests.node.nodes import lot


def node(slots: dict[str, SlotNow], other: dict[str, SlotNow] | None = None) -> NodeNow:
    """One camera; with ``other``, a second one that shares its slots."""
    cameras = {"ramp/1": slots} | ({} if other is None else {"roof": other})
    found = {
        name: CameraNow(name, NOON, SourceHealth("live", NOON), ViewReport("good"), of, bundle="0123456789abcdef")
        for name, of in cameras.items()
    }
    return lot(list(found.values()), other is not None, "Nord, P2")


def announced(now: NodeNow, page_url: str = "") -> dict[str, dict[str, Any]]:
    topics = Topics.of(now, "lotwise", now.site)
    found = discovery(topics, now.site, "homeassistant", page_url)
    return {topic: json.loads(payload) for topic, payload in found.items()}


def held(now: NodeNow) -> dict[str, bytes]:
    return StateMessages().of(now, Topics.of(now, "lotwise", now.site))


def of_kind(found: dict[str, dict[str, Any]], kind: str, name: str) -> dict[str, Any]:
    (entity,) = [entity for topic, entity in found.items() if f"/{kind}/" in topic and entity["name"] == name]
    return entity


def shown(entity: dict[str, Any], template: str, told: dict[str, bytes]) -> str:
    value = json.loads(told[entity["state_topic"]])
    return str(jinja2.Template(entity[template]).render(value_json=value))


SLOTS = {"7 a": SlotNow("free", NOON, 0.8), "8": SlotNow("occupied", NOON, 0.9), "9": SlotNow("unknown", NOON)}


def test_every_slot_and_count_is_an_entity_of_its_device() -> None:
    found = announced(node(SLOTS))
    assert sorted(topic.split("/")[1] for topic in found) == ["binary_sensor"] * 3 + ["image"] + ["sensor"] * 7
    assert all(re.fullmatch(r"homeassistant/\w+/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/config", topic) for topic in found)
    assert len({entity["unique_id"] for entity in found.values()}) == 11
    slot = next(entity for entity in found.values() if entity["name"] == "Slot 7 a")
    assert slot["device_class"] == "occupancy"
    assert slot["state_topic"] == "lotwise/Nord__P2/ramp_1/slot/7_a"
    assert slot["availability_mode"] == "all"
    assert slot["availability"] == [
        {"topic": "lotwise/Nord__P2/available"}, {"topic": "lotwise/Nord__P2/ramp_1/available"},
    ]  # fmt: skip
    assert slot["device"]["name"] == "Nord, P2 ramp/1"
    lot = next(entity for entity in found.values() if entity.get("state_topic") == "lotwise/Nord__P2/state")
    assert lot["device"]["identifiers"] == [slot["device"]["via_device"]]
    assert lot["availability"] == [{"topic": "lotwise/Nord__P2/available"}]


@pytest.mark.parametrize(("slot", "says"), [("7 a", "OFF"), ("8", "ON"), ("9", "None")])
def test_home_assistant_s_template_reads_the_state_that_is_told(slot: str, says: str) -> None:
    now = node(SLOTS)
    entity = of_kind(announced(now), "binary_sensor", f"Slot {slot}")
    assert shown(entity, "value_template", held(now)) == says
    assert {entity["payload_on"], entity["payload_off"]} == {"ON", "OFF"}


def test_the_free_count_is_read_from_what_is_told() -> None:
    now = node(SLOTS)
    counts = [entity for entity in announced(now).values() if entity["name"] == "Free slots"]
    assert len(counts) == 2
    for entity in counts:
        assert shown(entity, "value_template", held(now)) == "1"


def test_a_place_that_several_cameras_see_is_one_entity_of_the_lot() -> None:
    now = node({"7": SlotNow("free", NOON, 0.5), "8": SLOTS["8"]}, {"7": SlotNow("occupied", NOON, 0.9)})
    found = announced(now)
    places = [entity for entity in found.values() if entity["name"].startswith("Place ")]
    assert [entity["name"] for entity in places] == ["Place 7", "Place 8"]
    place = places[0]
    assert place["device"]["name"] == "Nord, P2"
    assert shown(place, "value_template", held(now)) == "ON"
    assert not [entity for entity in announced(node(SLOTS)).values() if entity["name"].startswith("Place ")]


def test_each_camera_has_a_picture() -> None:
    now = node(SLOTS)
    picture = of_kind(announced(now), "image", "Picture")
    assert picture["image_topic"] == "lotwise/Nord__P2/ramp_1/picture"
    assert picture["content_type"] == "image/jpeg"
    assert "state_topic" not in picture
    assert picture["availability"] == [{"topic": "lotwise/Nord__P2/available"}]  # the last one of a lost camera too


def test_a_picture_that_is_not_told_is_not_announced() -> None:
    topics = Topics.of(node(SLOTS), "lotwise", "Nord, P2")
    assert not [topic for topic in discovery(topics, "lot", "homeassistant", pictures=False) if "/image/" in topic]


@pytest.mark.parametrize(
    ("name", "says"), [("Source", "live"), ("View", "good"), ("Trust", "None"), ("Detector", "0123456789ab")]
)
def test_diagnosis(name: str, says: str) -> None:
    now = node(SLOTS)
    entity = of_kind(announced(now), "sensor", name)
    assert entity["entity_category"] == "diagnostic"
    value = shown(entity, "value_template", held(now))
    assert value == says
    assert says in [*entity.get("options", [says]), "None"]  # which Home Assistant shows as unknown
    json.loads(shown(entity, "json_attributes_template", held(now)))
    # A camera that is down says so, while its slots are not available.
    assert entity["availability"] == [{"topic": "lotwise/Nord__P2/available"}]


@pytest.mark.parametrize("url", ["", "https://lot.example/"])
def test_devices_name_the_version_and_the_page(url: str) -> None:
    for entity in announced(node(SLOTS), url).values():
        assert entity["device"]["sw_version"] == software_version()
        assert entity["device"].get("configuration_url", "") == url


def test_an_identity_does_not_change_when_another_slot_comes() -> None:
    before = announced(node({"8": SLOTS["8"]}))
    after = announced(node(SLOTS))
    assert before.items() <= after.items()

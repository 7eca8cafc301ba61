"""What Home Assistant is told: entities it can make, states it can read, and identities that stay."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.node.mqtt.homeassistant import discovery
from lotwise.node.mqtt.topics import Topics, states
from lotwise.node.state import CameraNow, NodeNow
from tests.node.mqtt.brokers import NOON


def node(slots: dict[str, SlotNow]) -> NodeNow:
    camera = CameraNow("ramp/1", NOON, SourceHealth("live", NOON), ViewReport("good"), slots)
    return NodeNow("Nord, P2", NOON, True, {"ramp/1": camera})


def announced(now: NodeNow) -> dict[str, dict[str, Any]]:
    topics = Topics.of(now, "lotwise", now.site)
    return {topic: json.loads(payload) for topic, payload in discovery(topics, now.site, "homeassistant").items()}


SLOTS = {"7 a": SlotNow("free", NOON, 0.8), "8": SlotNow("occupied", NOON, 0.9), "9": SlotNow("unknown", NOON)}


def test_every_slot_and_count_is_an_entity_of_its_device() -> None:
    found = announced(node(SLOTS))
    assert sorted(topic.split("/")[1] for topic in found) == ["binary_sensor"] * 3 + ["sensor"] * 2
    assert all(re.fullmatch(r"homeassistant/\w+/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/config", topic) for topic in found)
    assert len({entity["unique_id"] for entity in found.values()}) == 5
    slot = next(entity for entity in found.values() if entity["name"] == "Slot 7 a")
    assert slot["device_class"] == "occupancy"
    assert slot["state_topic"] == "lotwise/Nord__P2/ramp_1/slot/7_a"
    assert slot["availability_mode"] == "all"
    assert slot["availability"] == [
        {"topic": "lotwise/Nord__P2/available"}, {"topic": "lotwise/Nord__P2/ramp_1/available"},
    ]  # fmt: skip
    assert slot["device"]["name"] == "Nord, P2 ramp/1"
    lot = next(entity for entity in found.values() if entity["state_topic"] == "lotwise/Nord__P2/state")
    assert lot["device"]["identifiers"] == [slot["device"]["via_device"]]
    assert lot["availability"] == [{"topic": "lotwise/Nord__P2/available"}]


@pytest.mark.parametrize(("slot", "shown"), [("7 a", "OFF"), ("8", "ON"), ("9", "None")])
def test_home_assistant_s_template_reads_the_state_that_is_told(slot: str, shown: str) -> None:
    jinja2 = pytest.importorskip("jinja2")
    now = node(SLOTS)
    entity = next(entity for entity in announced(now).values() if entity["name"] == f"Slot {slot}")
    told = states(now, Topics.of(now, "lotwise", now.site))[entity["state_topic"]]
    assert jinja2.Template(entity["value_template"]).render(value_json=json.loads(told)) == shown
    assert {entity["payload_on"], entity["payload_off"]} == {"ON", "OFF"}


def test_the_free_count_is_read_from_what_is_told() -> None:
    jinja2 = pytest.importorskip("jinja2")
    now = node(SLOTS)
    told = states(now, Topics.of(now, "lotwise", now.site))
    counts = [entity for topic, entity in announced(now).items() if "/sensor/" in topic]
    assert len(counts) == 2
    for entity in counts:
        value = json.loads(told[entity["state_topic"]])
        assert jinja2.Template(entity["value_template"]).render(value_json=value) == "1"


def test_an_identity_does_not_change_when_another_slot_comes() -> None:
    before = announced(node({"8": SLOTS["8"]}))
    after = announced(node(SLOTS))
    assert before.items() <= after.items()

"""Topics that any broker takes, and payloads that say what is known."""

from __future__ import annotations

import json

import pytest

from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.node.mqtt.topics import Topics, event_message, safe_names
from lotwise.node.state import CameraNow, Event
from tests.node.mqtt.brokers import NOON
from tests.node.nodes import lot


@pytest.mark.parametrize(
    ("names", "safe"),
    [
        (["C1", "roof-2", "a.b"], ["C1", "roof-2", "a.b"]),
        (["north gate"], ["north_gate"]),
        (["+", "#", "/", ""], ["_", "__2", "__3", "__4"]),
        (["a/b", "a_b", "a b"], ["a_b_2", "a_b", "a_b_3"]),  # a name that is safe stays, wherever it stands
        (["a/b", "a b", "a_b_2"], ["a_b", "a_b_3", "a_b_2"]),
        (["Überdachung"], ["Überdachung"]),
        (["$SYS"], ["_SYS"]),
        (["x\0y\n"], ["x_y_"]),
    ],
)
def test_names_are_made_safe_and_stay_apart(names: list[str], safe: list[str]) -> None:
    assert list(safe_names(names).values()) == safe


def test_a_camera_may_be_called_as_the_level_of_the_places_is() -> None:
    slots = {"7": SlotNow("free", NOON, 0.8)}
    health, view = SourceHealth("live", NOON), ViewReport("good")
    cameras = {name: CameraNow(name, NOON, health, view, slots) for name in ("place", "place_2")}
    topics = Topics.of(lot(list(cameras.values()), shared=True), "p", "lot")
    told = [topics.place("7"), topics.slot("place", "7"), topics.slot("place_2", "7")]
    assert told == ["p/lot/place/7", "p/lot/place_3/slot/7", "p/lot/place_2/slot/7"]


def test_an_event_carries_its_number() -> None:
    topic, payload = event_message(Event(NOON, "slot", "C1", "7", "free", "occupied", {"score": 0.9}, 12), "p/lot")
    assert topic == "p/lot/events"
    assert json.loads(payload) == {
        "number": 12, "time": "2026-03-04T12:00:00+00:00", "subject": "slot", "camera": "C1", "name": "7",
        "before": "free", "after": "occupied", "details": {"score": 0.9},
    }  # fmt: skip

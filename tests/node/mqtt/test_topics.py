"""Topics that any broker takes, and payloads that say what is known."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.node.mqtt.topics import OFFLINE, ONLINE, Topics, event_message, safe_names, states
from lotwise.node.state import CameraNow, Event, NodeNow
from tests.node.mqtt.brokers import NOON


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


CAMERA = CameraNow("C1", NOON, SourceHealth("live", NOON), ViewReport("good"), {"7": SlotNow("free", NOON, 0.8)})


@pytest.mark.parametrize(
    ("camera", "available"),
    [
        (CAMERA, ONLINE),
        (replace(CAMERA, source=SourceHealth("stale", NOON, "no frame")), OFFLINE),
        (replace(CAMERA, source=SourceHealth("down", NOON, "refused")), OFFLINE),
        (replace(CAMERA, view=ViewReport("moved", "by 12 %")), OFFLINE),
    ],
    ids=["good", "stale", "down", "moved"],
)
def test_a_camera_is_available_while_its_slots_can_be_trusted(camera: CameraNow, available: bytes) -> None:
    now = NodeNow("lot", NOON, True, {"C1": camera})
    told = states(now, Topics.of(now, "p", "lot"))
    assert told["p/lot/C1/available"] == available
    state = json.loads(told["p/lot/C1/state"])
    assert (state["source"]["state"], state["view"]["verdict"]) == (camera.source.state, camera.view.verdict)


def test_a_frame_that_changes_nothing_changes_no_message() -> None:
    later = replace(
        CAMERA, time=NOON.replace(hour=13), looked=9, latency_s=0.2, view=ViewReport("good", "", (0.01, 0.0))
    )
    nows = [NodeNow("lot", NOON, True, {"C1": camera}) for camera in (CAMERA, later)]
    first, second = (states(now, Topics.of(now, "p", "lot")) for now in nows)
    assert first == second


def test_an_event_carries_its_number() -> None:
    topic, payload = event_message(Event(NOON, "slot", "C1", "7", "free", "occupied", {"score": 0.9}, 12), "p/lot")
    assert topic == "p/lot/events"
    assert json.loads(payload) == {
        "number": 12, "time": "2026-03-04T12:00:00+00:00", "subject": "slot", "camera": "C1", "name": "7",
        "before": "free", "after": "occupied", "details": {"score": 0.9},
    }  # fmt: skip

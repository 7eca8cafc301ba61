"""What is retained: sent anew only where a person would say that something has changed."""

from __future__ import annotations

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.node.bay_now import BayNow
from lotwise.node.mqtt.state_messages import PICTURE_PERIOD_S, PICTURE_WIDTH_PX, StateMessages
from lotwise.node.mqtt.topics import OFFLINE, ONLINE, Topics
from lotwise.node.place import Disagreement
from lotwise.node.refusal import Refusal
from lotwise.node.state import CameraNow, NodeNow
from tests.node.mqtt.brokers import NOON
from tests.node.nodes import lot

LIVE = SourceHealth("live", NOON)
FREE = SlotNow("free", NOON, 0.8)
CAMERA = CameraNow("C1", NOON, LIVE, ViewReport("good"), {"7": FREE, "8": SlotNow("occupied", NOON, 0.9)})
LATER = NOON.replace(hour=13)


def node(*cameras: CameraNow, shared: bool = False) -> NodeNow:
    return lot(cameras, shared)


def told(messages: StateMessages, now: NodeNow) -> dict[str, bytes]:
    return messages.of(now, Topics.of(now, "p", "lot"))


def changed(first: CameraNow, second: CameraNow) -> set[str]:
    """Topics that are sent anew."""
    messages = StateMessages()
    before, after = told(messages, node(first)), told(messages, node(second))
    return {topic.removeprefix("p/lot/") for topic, payload in after.items() if payload != before.get(topic)}


@pytest.mark.parametrize(
    ("camera", "available"),
    [
        (CAMERA, ONLINE),
        (replace(CAMERA, source=SourceHealth("stale", NOON, "no frame")), OFFLINE),
        (replace(CAMERA, source=SourceHealth("down", NOON, "refused")), OFFLINE),
        (replace(CAMERA, source=replace(LIVE, ended=True)), OFFLINE),
        (replace(CAMERA, view=ViewReport("moved", "by 12 %")), OFFLINE),
    ],
    ids=["good", "stale", "down", "ended", "moved"],
)
def test_a_camera_is_available_while_its_slots_can_be_trusted(camera: CameraNow, available: bytes) -> None:
    held = told(StateMessages(), node(camera))
    assert held["p/lot/C1/available"] == available
    state = json.loads(held["p/lot/C1/state"])
    assert (state["source"]["state"], state["view"]["verdict"]) == (camera.source.state, camera.view.verdict)


@pytest.mark.parametrize(
    ("later", "topics"),
    [
        ({"time": LATER, "looked": 9, "latency_s": 0.2, "view": ViewReport("good", "", (0.01, 0.0))}, set()),
        ({"slots": CAMERA.slots | {"7": SlotNow("free", NOON, 0.31)}}, set()),  # another score alone
        ({"slots": CAMERA.slots | {"7": SlotNow("occupied", LATER, 0.7)}}, {"state", "C1/state", "C1/slot/7"}),
        ({"slots": CAMERA.slots | {"7": SlotNow("free", LATER, 0.8)}}, {"C1/slot/7"}),  # since another time
        ({"bundle": "b-2"}, {"C1/state"}),
        ({"refusal": Refusal("b-2", "sees ghosts")}, {"C1/state"}),
        ({"int8_refused": "F1 0.870 is below 0.98"}, {"C1/state"}),
        ({"source": SourceHealth("down", LATER, "refused")}, {"C1/state", "C1/available", "longest_stay"}),
    ],
)
def test_only_what_has_changed_is_sent_anew(later: dict[str, object], topics: set[str]) -> None:
    assert changed(CAMERA, replace(CAMERA, **later)) == topics  # type: ignore[arg-type]


def test_a_refused_int8_model_is_told_with_its_reason() -> None:
    held = told(StateMessages(), node(replace(CAMERA, int8_refused="F1 0.870 is below 0.98")))
    assert json.loads(held["p/lot/C1/state"])["int8_refused"] == "F1 0.870 is below 0.98"


@pytest.mark.parametrize(
    ("first", "second", "anew"),
    [
        ("by +9.0% of the width", "by +9.1% of the width", False),
        ("by +9.0% of the width", "cannot be matched", True),
    ],
)
def test_a_figure_that_differs_with_every_frame_is_no_change(first: str, second: str, anew: bool) -> None:
    views = [replace(CAMERA, view=ViewReport("moved", why)) for why in (first, second)]
    assert bool(changed(views[0], views[1])) == anew


def test_hundreds_of_frames_with_other_scores_are_one_message_a_slot() -> None:
    rng = np.random.default_rng(1)
    messages, sent, held = StateMessages(), 0, dict[str, bytes]()
    for number in range(300):
        scores = rng.uniform(0.5, 1, 20)
        slots = {str(n): SlotNow("free" if n % 2 else "occupied", NOON, float(s)) for n, s in enumerate(scores)}
        after = told(messages, node(replace(CAMERA, slots=slots, looked=number)))
        sent += sum(payload != held.get(topic) for topic, payload in after.items())
        held = after
    assert sent == 20 + 4


def test_a_score_is_that_of_the_moment_of_the_change() -> None:
    messages = StateMessages()
    told(messages, node(CAMERA))
    again = told(messages, node(replace(CAMERA, slots={"7": SlotNow("free", NOON, 0.31)})))
    assert json.loads(again["p/lot/C1/slot/7"])["score"] == 0.8


def test_places_that_several_cameras_see_are_told_once_more() -> None:
    other = replace(CAMERA, camera="C2", slots={"7": SlotNow("occupied", NOON, 0.99), "9": FREE})
    held = told(StateMessages(), node(CAMERA, other, shared=True))
    assert {topic for topic in held if "/place/" in topic} == {"p/lot/place/7", "p/lot/place/8", "p/lot/place/9"}
    place = json.loads(held["p/lot/place/7"])
    assert (place["state"], place["cameras"]) == ("occupied", ["C1", "C2"])
    assert not [topic for topic in told(StateMessages(), node(CAMERA, other)) if "/place/" in topic]


def test_a_refusal_is_told_with_its_reason() -> None:
    held = told(StateMessages(), node(replace(CAMERA, refusal=Refusal("b-2", "sees ghosts"))))
    assert json.loads(held["p/lot/C1/state"])["refused"] == {"bundle": "b-2", "why": "sees ghosts"}
    assert json.loads(told(StateMessages(), node(CAMERA))["p/lot/C1/state"])["refused"] is None


def test_pictures_are_drawn_for_changes_and_not_too_often() -> None:
    clock, drawn = [100.0], []
    image = np.full((720, 1920, 3), 90, np.uint8)

    def picture(camera: str) -> tuple[np.ndarray, CameraNow, tuple[()]]:
        drawn.append(camera)
        return image, CAMERA, ()

    messages = StateMessages(picture, lambda: clock[0])
    occupied = replace(CAMERA, slots=CAMERA.slots | {"7": SlotNow("occupied", LATER, 0.7)})
    first = told(messages, node(CAMERA))["p/lot/C1/picture"]
    shown = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None and shown.shape[1] == PICTURE_WIDTH_PX
    told(messages, node(occupied))
    assert drawn == ["C1"]  # too soon
    clock[0] += PICTURE_PERIOD_S
    told(messages, node(CAMERA))
    assert drawn == ["C1"]  # as it was
    told(messages, node(occupied))
    told(messages, node(occupied))
    assert drawn == ["C1", "C1"]


def test_a_picture_that_cannot_be_drawn_keeps_no_state_back(caplog: pytest.LogCaptureFixture) -> None:
    def broken(camera: str) -> None:
        raise RuntimeError("no picture")

    messages = StateMessages(broken)
    for _ in range(3):
        assert "p/lot/C1/slot/7" in told(messages, node(CAMERA))
    assert len([record for record in caplog.records if "cannot be drawn" in record.getMessage()]) == 1


def test_a_camera_without_a_frame_has_no_picture_yet() -> None:
    assert "p/lot/C1/picture" not in told(StateMessages(lambda camera: None), node(CAMERA))


def test_the_longest_stay_is_of_a_car_that_can_be_seen() -> None:
    earlier, longest = NOON.replace(hour=3), NOON.replace(hour=1)
    slots = {"7": SlotNow("occupied", earlier, 0.9), "8": SlotNow("occupied", NOON, 0.9), "9": SlotNow("free", longest)}
    held = told(StateMessages(), node(replace(CAMERA, slots=slots)))
    assert json.loads(held["p/lot/longest_stay"]) == {"camera": "C1", "slot": "7", "since": earlier.isoformat()}
    away = replace(CAMERA, slots=slots, source=SourceHealth("down", NOON, "refused"))
    assert json.loads(told(StateMessages(), node(away))["p/lot/longest_stay"])["slot"] is None


def test_a_slot_tells_its_bay_and_an_overstay_is_news() -> None:
    bay = BayNow("north", "short", 1800.0)
    with_bay = replace(CAMERA, bays={"7": bay})
    payload = json.loads(told(StateMessages(), node(with_bay))["p/lot/C1/slot/7"])
    assert (payload["row"], payload["kind"], payload["max_stay_s"], payload["overstay"]) == (
        "north",
        "short",
        1800,
        False,
    )
    assert changed(with_bay, replace(CAMERA, bays={"7": replace(bay, overstay=True)})) == {"C1/slot/7"}


def test_cameras_that_contradict_each_other_are_told_until_they_agree() -> None:
    now = node(CAMERA, replace(CAMERA, camera="C2"), shared=True)
    assert json.loads(told(StateMessages(), now)["p/lot/disagreements"]) == {"count": 0, "places": []}
    dispute = Disagreement(NOON, {"C1": "free", "C2": "occupied"}, "look at both pictures", "unclear")
    disputed = replace(now, shared=dict(now.shared) | {"7": replace(now.shared["7"], disagreement=dispute)})
    held = json.loads(told(StateMessages(), disputed)["p/lot/disagreements"])
    assert held["count"] == 1 and held["places"][0]["place"] == "7"
    assert held["places"][0]["cameras"] == {"C1": "free", "C2": "occupied"}
    assert "p/lot/disagreements" not in told(StateMessages(), node(CAMERA))


def test_the_longest_stay_of_a_shared_place_has_no_camera() -> None:
    now = node(CAMERA, replace(CAMERA, camera="C2"), shared=True)
    stay = json.loads(told(StateMessages(), now)["p/lot/longest_stay"])
    assert (stay["camera"], stay["slot"]) == (None, "8")

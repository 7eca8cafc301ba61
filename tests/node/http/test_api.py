"""The routes of a node's HTTP server, asked over real connections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lotwise.cameras.ignore.region import IgnoreRegion
from lotwise.cameras.ignore.staying import StayingBox
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.frame import Detections
from lotwise.node.refusal import Refusal
from lotwise.node.state import Event, NodeNow
from tests.node.http.asking import ask, served
from tests.node.nodes import NOON, FakeNode, camera, slot, square

TOKEN = "0123456789abcdef-secret"
IMAGE = np.full((150, 200, 3), (200, 120, 40), np.uint8)
HISTORY = [
    Event(NOON, "slot", "C1", "7", "occupied", "free"),
    Event(NOON, "slot", "C2", "7", "free", "occupied"),
    Event(NOON, "camera", "C2", "", "live", "down", {"why": "no route"}),
    Event(NOON, "slot", "C1", "8", "free", "occupied"),
]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    cameras = [camera("C1"), camera("C2", {"7": slot("occupied", score=0.6)}), camera("roof east")]
    node = FakeNode(cameras, {"C1": IMAGE}, {"C1": (square("7", 0.1, 0.2),)}, HISTORY)
    with served(node) as address:
        yield address


def test_state_tells_the_lot_and_each_camera(url: str) -> None:
    state = ask(f"{url}/api/v1/state").json
    assert (state["site"], state["ready"], state["last_event"]) == ("a lot", True, 4)
    # Three cameras with slots 7 to 9, 7, and 7 to 9 of their own.
    assert state["counts"] == {"free": 2, "occupied": 3, "unknown": 2}
    assert state["places"]["roof east/9"] == {
        "state": "unknown", "since": "2026-03-04T12:00:00Z", "score": 0.0, "why": "hidden",
        "row": "", "kind": "", "max_stay_s": None, "overstay": False,
        "slots": {"roof east": "9"}, "disagreement": None,
    }  # fmt: skip
    assert state["cameras"]["C2"]["counts"] == {"free": 0, "occupied": 1, "unknown": 0}
    assert state["cameras"]["C1"]["source"]["dropped"] == 5


def test_cameras_that_share_slots_see_one_place() -> None:
    cameras = [camera("C1", {"7": slot("free", score=0.9)}), camera("C2", {"7": slot("occupied", score=0.6)})]
    with served(FakeNode(cameras, shared=True)) as url:
        state = ask(f"{url}/api/v1/state").json
    # A car that one of them sees goes before one that the other does not.
    assert state["counts"] == {"free": 0, "occupied": 1, "unknown": 0}
    assert {name: place["slots"] for name, place in state["places"].items()} == {"7": {"C1": "7", "C2": "7"}}


def test_a_refused_bundle_is_told_with_its_reason() -> None:
    with served(FakeNode([replace(camera("C1"), refusal=Refusal("b-2", "sees ghosts")), camera("C2")])) as url:
        cameras = ask(f"{url}/api/v1/state").json["cameras"]
    assert [camera["refusal"] for camera in cameras.values()] == [{"bundle": "b-2", "why": "sees ghosts"}, None]


def test_a_refused_int8_model_is_told_with_its_reason() -> None:
    with served(FakeNode([replace(camera("C1"), int8_refused="F1 0.870 is below 0.98"), camera("C2")])) as url:
        cameras = ask(f"{url}/api/v1/state").json["cameras"]
    assert [camera["int8_refused"] for camera in cameras.values()] == ["F1 0.870 is below 0.98", ""]


def test_one_camera_with_its_boxes(url: str) -> None:
    answer = ask(f"{url}/api/v1/cameras/C1").json
    assert answer["detections"] == [{"box": [10.0, 20.0, 30.0, 40.0], "score": 0.75, "label": 0}]
    assert (answer["view"]["verdict"], answer["bundle"], answer["latency_s"]) == ("good", "b-1", 0.031)
    assert ask(f"{url}/api/v1/cameras/roof%20east").json["camera"] == "roof east"


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("", [1, 2, 3, 4]),
        ("?after=2", [3, 4]),
        ("?limit=2", [1, 2]),
        ("?camera=C2", [2, 3]),
        ("?slot=7", [1, 2]),
        ("?slot=7&camera=C1", [1]),
        ("?after=4", []),
    ],
)
def test_events(url: str, query: str, numbers: list[int]) -> None:
    events = ask(f"{url}/api/v1/events{query}").json
    assert [event["number"] for event in events] == numbers


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/api/v1/cameras/C7", 404, "no camera 'C7'; this node has C1, C2, roof east"),
        ("/api/v1/cameras/C7/snapshot.jpg", 404, "no camera 'C7'"),
        ("/api/v1/cameras/C2/snapshot.jpg", 503, "C2: no picture yet"),
        ("/api/v1/cameras/C1/snapshot.jpg?width=9", 422, "width: "),
        ("/api/v1/events?limit=0", 422, "limit: "),
        ("/api/v1/events?after=x", 422, "after: "),
        ("/api/v1/events?after=9223372036854775808", 422, "after: "),  # more than the history's database can hold
        ("/api/v1/events?after=-1", 422, "after: "),
        (f"/api/v1/events?after={'9' * 400}", 422, "after: "),
        ("/api/v1/cameras/C1/accept-view", 405, "Method Not Allowed"),
        ("/nothing", 404, "no such page: /nothing"),
        ("/docs", 404, "no such page"),  # it would fetch its scripts from elsewhere
    ],
)
def test_errors_are_one_line_of_json(url: str, path: str, status: int, says: str) -> None:
    answer = ask(url + path)
    assert answer.status == status
    assert list(answer.json) == ["error"]
    assert says in answer.json["error"]
    assert "\n" not in answer.json["error"]


def test_health_is_bad_only_while_the_loop_hangs() -> None:
    node = FakeNode()
    with served(node) as url:
        assert ask(f"{url}/healthz").status == 200
        node.hangs = "no frame was looked at for 40 s"
        assert (ask(f"{url}/healthz").status, ask(f"{url}/healthz").json["error"]) == (503, node.hangs)


def test_ready_names_the_cameras_that_are_missing() -> None:
    node = FakeNode([camera("C1"), replace(camera("C2"), time=None)], ready=False)
    with served(node) as url:
        answer = ask(f"{url}/readyz")
        assert (answer.status, answer.json["error"]) == (503, "starting; not looked at yet: C2")
        node.ready = True
        assert ask(f"{url}/readyz").status == 200


def test_snapshot_is_drawn_unless_asked_for_plain(url: str) -> None:
    plain = ask(f"{url}/api/v1/cameras/C1/snapshot.jpg?plain=1")
    assert plain.headers["content-type"] == "image/jpeg"
    assert plain.image.shape == IMAGE.shape
    assert np.abs(plain.image.astype(int) - IMAGE).max() < 12
    drawn = ask(f"{url}/api/v1/cameras/C1/snapshot.jpg").image
    assert drawn.shape[0] > IMAGE.shape[0]
    assert np.abs(drawn[30:60, 20:60].astype(int) - IMAGE[30:60, 20:60]).max() > 60
    assert ask(f"{url}/api/v1/cameras/C1/snapshot.jpg?width=100&plain=1").image.shape == (75, 100, 3)


def test_an_operator_accepts_a_view() -> None:
    node = FakeNode()
    with served(node) as url:
        assert ask(f"{url}/api/v1/cameras/C1/accept-view", method="POST").json == {"ok": True}
        assert ask(f"{url}/api/v1/cameras/C7/accept-view", method="POST").status == 404
        node.refusal = "C1: the picture is black; nothing to accept"
        answer = ask(f"{url}/api/v1/cameras/C1/accept-view", method="POST")
        assert (answer.status, answer.json["error"]) == (409, node.refusal)
    assert node.accepted == ["C1"]


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/metrics", "/api/v1/state", "/api/v1/cameras/C1/snapshot.jpg", "/nothing"]
)
def test_head_is_answered_as_get_without_a_body(url: str, path: str) -> None:
    full, head = ask(url + path), ask(url + path, method="HEAD")
    assert (head.status, head.body) == (full.status, b"")
    assert head.headers["content-type"] == full.headers["content-type"]


def test_interface_is_described(url: str) -> None:
    paths = ask(f"{url}/openapi.json").json["paths"]
    for path in ("/api/v1/state", "/api/v1/events", "/api/v1/cameras/{camera}", "/healthz", "/readyz"):
        assert paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert "image/jpeg" in paths["/api/v1/cameras/{camera}/snapshot.jpg"]["get"]["responses"]["200"]["content"]


class BrokenNode(FakeNode):
    def now(self) -> NodeNow:
        raise RuntimeError("rtsp://admin:hunter2@10.0.0.4 is broken")


def test_what_fails_inside_is_told_to_the_log_only(caplog: pytest.LogCaptureFixture) -> None:
    with served(BrokenNode()) as url:
        answer = ask(f"{url}/api/v1/state")
    assert (answer.status, "hunter2" in answer.text) == (500, False)
    assert "is broken" in caplog.text


@pytest.mark.shared
def test_real_frames(shared: Path) -> None:
    from lotwise.datasets.images import read_image
    from lotwise.datasets.readers.cnr_ext import read_cnr_ext

    data = read_cnr_ext(shared / "data" / "cnr_ext", ["C1"])
    frame, places = data.of_camera("C1")[0], data.slots["C1"]
    image = read_image(frame.path)
    slots = {place.id: slot("occupied") for place in places}
    live, down = camera("C1", slots), _down(slots)
    node = FakeNode([live], {"C1": image}, {"C1": places})
    with served(node) as url:
        drawn = ask(f"{url}/api/v1/cameras/C1/snapshot.jpg").image
        node.cameras = [down]
        old = ask(f"{url}/api/v1/cameras/C1/snapshot.jpg").image
    assert drawn.shape[:2] >= image.shape[:2]
    x, y = np.round(places[0].polygon[0] * [image.shape[1], image.shape[0]]).astype(int)
    assert drawn[y, x, 2] > 180 > drawn[y, x, 1]
    # The last picture of a camera that is down can't be taken for a present one: no colour but that of its banner.
    assert np.ptp(old[200 : image.shape[0]].astype(int), axis=2).mean() < 2 < np.ptp(image.astype(int), axis=2).mean()


def _down(slots: dict[str, SlotNow]) -> Any:
    lost = {name: replace(now, state="unknown", score=0.0, why="down") for name, now in slots.items()}
    return camera("C1", lost, SourceHealth("down", NOON, "connection refused"), ViewReport("good"))


def test_what_is_no_vehicle_is_told_and_can_be_said() -> None:
    cage = IgnoreRegion(box=(0.1, 0.2, 0.3, 0.4), note="cage")
    stays = StayingBox(
        box=(0.5, 0.5, 0.6, 0.6), score=0.5, looks=30, seen=29, first=NOON, last=NOON, stayed_s=86400
    )  # fmt: skip
    gone = Detections.of([[20, 30, 60, 60]], [0.5])
    node = FakeNode([replace(camera("C1"), regions=(cage,), staying=(stays,), ignored=gone)], {"C1": IMAGE})
    with served(node) as url:
        answer = ask(f"{url}/api/v1/cameras/C1").json
        assert answer["ignore_regions"] == [
            {"id": cage.id, "box": [0.1, 0.2, 0.3, 0.4], "added": None, "note": "cage"}
        ]  # fmt: skip
        assert [(one["box"], one["seen"], one["looks"]) for one in answer["staying"]] == [
            ([0.5, 0.5, 0.6, 0.6], 29, 30)
        ]
        assert (answer["vehicles"], answer["ignored"]) == (1, 1)
        regions = f"{url}/api/v1/cameras/C1/ignore-regions"
        said = ask(f"{regions}?box=0.5,0.5,0.6,0.6&note=skip", method="POST")
        assert (said.status, said.json["box"], said.json["note"]) == (200, [0.5, 0.5, 0.6, 0.6], "skip")
        assert ask(f"{regions}/{cage.id}", method="DELETE").status == 200
        assert node.ignored == [("C1", (0.5, 0.5, 0.6, 0.6), "skip"), ("C1", cage.id)]
        assert ask(f"{regions}/00000000", method="DELETE").status == 404
        assert ask(f"{url}/api/v1/cameras/C7/ignore-regions?box=0,0,1,1", method="POST").status == 404
        for box in ("", "1,2", "0.6,0.5,0.5,0.6", "10,20,30,40", "0,0,nan,1"):
            wrong = ask(f"{regions}?box={box}", method="POST")
            assert (wrong.status, "box" in wrong.json["error"]) == (422, True), box
        node.refusal = "C1.json: cannot be written"
        assert ask(f"{regions}?box=0.5,0.5,0.6,0.6", method="POST").json == {"error": "C1.json: cannot be written"}


def test_only_what_lies_around_a_box_is_pictured(url: str) -> None:
    answer = ask(f"{url}/api/v1/cameras/C1/snapshot.jpg?around=0.5,0.5,0.75,0.75")
    height, width = answer.image.shape[:2]
    assert (width, height) == (125, 96)  # of 200 x 150: two and a half times the box, and 96 at least
    assert ask(f"{url}/api/v1/cameras/C1/snapshot.jpg?around=1,2,3").status == 422

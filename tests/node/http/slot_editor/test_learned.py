"""Slots that are saved in the editor of a running node are read at once by where its cars were seen to park."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from lotwise.cameras.site.reading import read_site
from lotwise.cameras.slots import slot_states
from lotwise.cameras.slots.seen_boxes import FrameBoxes, SeenBoxes
from lotwise.cameras.slots.seen_boxes_file import read_seen_boxes, write_seen_boxes
from lotwise.datasets.frame import Dataset, Detections
from lotwise.datasets.readers.open import open_dataset
from lotwise.node.http.server import ApiServer
from lotwise.node.start import open_service
from tests.node.http.asking import ask
from tests.node.http.slot_editor.conftest import Running
from tests.node.http.slot_editor.lots import HEIGHT, WIDTH, true_slots
from tests.node.mqtt.brokers import until

SIZE = (WIDTH, HEIGHT)


@pytest.fixture
def seen(lot: Path) -> Dataset:
    return open_dataset("synthetic", lot / "frames", None)


def true_boxes(seen: Dataset, frame: int) -> Detections:
    vehicles = seen.truth[seen.of_camera("C1")[frame].name].vehicles
    assert vehicles is not None
    boxes = vehicles.boxes[~vehicles.ignore]
    return Detections.of(boxes, [0.9] * len(boxes))


@pytest.fixture
def node(lot: Path, seen: Dataset) -> Iterator[Running]:
    """A node that has seen cars before, and has no slots; its bundle sees the cars of the first frame on every one."""
    path = lot / "site.yaml"
    site = read_site(path)
    file = site.seen_boxes_file("C1")
    file.parent.mkdir(parents=True)
    frames = tuple(FrameBoxes.of(true_boxes(seen, number), SIZE) for number in range(2))
    write_seen_boxes(file, SeenBoxes.of(frames, SIZE))
    service = open_service(site, path)
    with closing(service):
        service.start()
        (server,) = (one for one in service.publishers if isinstance(one, ApiServer))
        running = Running(lot, service, f"http://127.0.0.1:{server.port}")
        until(lambda: bool(service.node.loop("C1").seen_frames), "the first frame is read", 60)
        yield running


def test_saved_slots_are_read_by_where_cars_were_seen_to_park(node: Running, lot: Path, seen: Dataset) -> None:
    slots = [one.model_dump(mode="json") for one in true_slots(lot)]
    headers = {"If-Match": ask(node.slots).json["version"], "Content-Type": "application/json"}
    tried = ask(f"{node.slots}/try", {"Content-Type": "application/json"}, "POST", body={"slots": slots}).json
    assert ask(node.slots, headers, "PUT", body={"slots": slots}).status == 200
    until(lambda: node.states and "unknown" not in node.states.values(), "the saved slots are read", 60)

    truth = seen.truth[seen.of_camera("C1")[0].name].slots
    assert truth is not None
    wrong = {name for name, state in node.states.items() if state != truth[name]}
    assert wrong == set()
    by_half_cover = slot_states(true_boxes(seen, 0), seen.slots["C1"], SIZE)
    assert sum(reading.state != truth[name] for name, reading in by_half_cover.items()) > 3
    drawn = [one["state"] for one in tried["frames"][-1]["readings"]]  # as the editor said before they were saved
    assert drawn == [truth[slot["id"]] for slot in slots]

    told = ask(f"{node.url}/api/v1/cameras/C1").json["slots"]
    assert {one["known"] for one in told.values()} <= {"cars", "always taken", "neighbours"}
    assert max(one["seen"] for one in told.values()) >= 2
    assert "Where cars stand:" in ask(node.url).text

    def frames() -> int:
        boxes = read_seen_boxes(lot / "state" / "seen_boxes" / "C1.npz")
        return 0 if boxes is None else len(boxes.frames)

    until(lambda: frames() > 2, "it goes on seeing")
